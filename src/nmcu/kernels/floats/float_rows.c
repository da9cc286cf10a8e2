#include "floats.h"

#define LANES NMCU_FLOAT_LANES

/* Wait for the other cores that work on the same row, if there are some. */
static void together(uint32_t cores)
{
    if (cores > 1) nmcu_barrier();
}

static float row_sum(const float *lanes)
{
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

static float row_max(const float *lanes)
{
    float top = lanes[0];
    for (unsigned lane = 1; lane < LANES; lane++)
        if (lanes[lane] > top) top = lanes[lane];
    return top + 0.0f;
}

/* The maximum of a row, by lanes; `sign` flips the values: their minimum. */
static float maximum(const nmcu_float_rows_t *rows, const float *x, float *lanes, uint32_t core,
                     uint32_t cores, uint32_t sign)
{
    for (uint32_t lane = core; lane < LANES; lane += cores) {
        float top = nmcu_float_of(NMCU_FLOAT_SIGN | NMCU_FLOAT_INFINITY);
        for (uint32_t i = lane; i < rows->width; i += LANES) {
            const float value = nmcu_float_of(nmcu_float_bits(x[i]) ^ sign);
            if (value > top) top = value;
        }
        lanes[lane] = top;
    }
    together(cores);
    return row_max(lanes);
}

static float sum(const nmcu_float_rows_t *rows, const float *x, float *lanes, uint32_t core, uint32_t cores)
{
    for (uint32_t lane = core; lane < LANES; lane += cores) {
        float total = 0.0f;
        for (uint32_t i = lane; i < rows->width; i += LANES)
            total += x[i];
        lanes[lane] = total;
    }
    together(cores);
    return row_sum(lanes);
}

/* Write a row's single result; nobody changes the lanes before all have read them. */
static void write(float *y, float result, uint32_t core, uint32_t cores)
{
    if (core == 0) *y = nmcu_float_canonical(result);
    together(cores);
}

void nmcu_float_row_sum(const nmcu_float_rows_t *rows, float *y, const float *x, float *lanes, uint32_t core,
                        uint32_t cores)
{
    write(y, sum(rows, x, lanes, core, cores), core, cores);
}

void nmcu_float_row_mean(const nmcu_float_rows_t *rows, float *y, const float *x, float *lanes, uint32_t core,
                         uint32_t cores)
{
    write(y, sum(rows, x, lanes, core, cores) / (float)rows->width, core, cores);
}

void nmcu_float_row_max(const nmcu_float_rows_t *rows, float *y, const float *x, float *lanes, uint32_t core,
                        uint32_t cores)
{
    write(y, maximum(rows, x, lanes, core, cores, 0), core, cores);
}

void nmcu_float_row_min(const nmcu_float_rows_t *rows, float *y, const float *x, float *lanes, uint32_t core,
                        uint32_t cores)
{
    write(y, -maximum(rows, x, lanes, core, cores, NMCU_FLOAT_SIGN) + 0.0f, core, cores);
}

/* Softmax of a row, or the logarithm of it. */
static void normalise(const nmcu_float_rows_t *rows, float *y, const float *x, float *lanes, uint32_t core,
                      uint32_t cores, int logarithm)
{
    const float top = maximum(rows, x, lanes, core, cores, 0);
    float *sums = lanes + LANES;

    for (uint32_t lane = core; lane < LANES; lane += cores) {
        float total = 0.0f;
        for (uint32_t i = lane; i < rows->width; i += LANES) {
            const float below = x[i] - top, power = nmcu_float_exp(below);
            y[i] = logarithm ? below : power;
            total += power;
        }
        sums[lane] = total;
    }
    together(cores);
    const float total = row_sum(sums), last = logarithm ? nmcu_float_log(total) : 1.0f / total;
    for (uint32_t lane = core; lane < LANES; lane += cores)
        for (uint32_t i = lane; i < rows->width; i += LANES)
            y[i] = nmcu_float_canonical(logarithm ? y[i] - last : y[i] * last);
}

void nmcu_float_row_softmax(const nmcu_float_rows_t *rows, float *y, const float *x, float *lanes,
                            uint32_t core, uint32_t cores)
{
    normalise(rows, y, x, lanes, core, cores, 0);
}

void nmcu_float_row_logsoftmax(const nmcu_float_rows_t *rows, float *y, const float *x, float *lanes,
                               uint32_t core, uint32_t cores)
{
    normalise(rows, y, x, lanes, core, cores, 1);
}

/* Whole rows for each core while there is one for each, then all cores on each row that is left. */
void nmcu_float_rows_run(const nmcu_float_rows_t *layer)
{
    const nmcu_float_rows_t rows = *layer; /* one copy in fast memory */
    const uint32_t core = nmcu_core_id(), cores = nmcu_core_count();
    const uint32_t alone = rows.rows / cores;
    float lanes[2 * LANES];

    for (uint32_t row = core * alone; row < (core + 1) * alone; row++)
        rows.function(&rows, rows.y + row * rows.out_width, rows.x + row * rows.width, lanes, 0, 1);
    for (uint32_t row = cores * alone; row < rows.rows; row++)
        rows.function(&rows, rows.y + row * rows.out_width, rows.x + row * rows.width, rows.lanes, core,
                      cores);
    nmcu_barrier();
}
