#include "gmac.h"
#include "pipeline.h"

enum { GROUP = 4, LANES = 4 };

/* Output pixels of the tile as rows of blocks, and where their words lie. */
typedef struct {
    unsigned rows, width, blocks;
    unsigned slab_rows;
    unsigned tap_bytes, row_bytes, block_bytes; /* of the interleaved slab */
} grid_t;

static grid_t tile_grid(const nmcu_gather_mac_t *gather, const nmcu_tile_t *tile)
{
    const nmcu_window_t *window = &gather->weighted.window;
    grid_t grid;

    grid.rows = gather->flat ? 1 : tile->rows;
    grid.width = gather->flat ? tile->rows * window->out_width : window->out_width;
    grid.blocks = (grid.width + LANES - 1) / LANES;
    grid.slab_rows = gather->flat ? 1 : nmcu_window_slab_rows(window, tile->rows);
    grid.tap_bytes = 4u * gather->tap_words;
    grid.row_bytes = grid.tap_bytes * window->kernel_width;
    grid.block_bytes = grid.row_bytes * grid.slab_rows;
    return grid;
}

/* Slab rows of one remainder of the vertical dilation follow each other; how many there are. */
static unsigned rows_of(const grid_t *grid, unsigned remainder, unsigned dilation)
{
    return dilation == 1 ? grid->slab_rows : (grid->slab_rows - remainder + dilation - 1) / dilation;
}

/* Bytes from a block's start to the words of slab row `row`. */
static unsigned row_start(const grid_t *grid, unsigned row, unsigned dilation)
{
    if (dilation == 1) return row * grid->row_bytes;
    const unsigned turn = row / dilation, remainder = row - turn * dilation;
    const unsigned whole = grid->slab_rows / dilation, rest = grid->slab_rows - whole * dilation;
    return (remainder * whole + nmcu_min(remainder, rest) + turn) * grid->row_bytes;
}

/* Interleave `columns->rows` columns, whose pixels are given, for the taps that read them: `to` is the first of them in
 * the first block, `column` the number of the column in its row. */
static void interleave_columns(const nmcu_gather_mac_t *gather, const grid_t *grid, nmcu_columns_t *columns,
                               uint8_t *to, unsigned column)
{
    const nmcu_window_t *window = &gather->weighted.window;
    const unsigned stride = window->stride_width;
    int block = (int)(stride == 1 ? column : column / stride); /* whose tap would be the column's ... */
    int phase = (int)(column - (unsigned)block * stride);      /* ... if this were 0 */

    columns->copies = 0;
    for (unsigned tap = 0; tap < window->kernel_width && block >= 0; tap++) {
        if (phase == 0 && (unsigned)block < grid->blocks)
            columns->to[columns->copies++] = to + (unsigned)block * grid->block_bytes + tap * grid->tap_bytes;
        if (columns->copies == NMCU_COPIES) {
            nmcu_interleave_columns(columns);
            columns->copies = 0;
        }
        for (phase -= window->dilation_width; phase < 0; phase += (int)stride)
            block--;
    }
    if (columns->copies) nmcu_interleave_columns(columns);
}

/* Interleave this core's share of the slab of a window: column by column, in each of them row by row. */
static void interleave(const nmcu_gather_mac_t *gather, const nmcu_tile_t *tile, const grid_t *grid,
                       unsigned core)
{
    const nmcu_window_t *window = &gather->weighted.window;
    const unsigned cores = nmcu_core_count();
    const unsigned dilation = window->dilation_height;
    const unsigned pixel_bytes = window->in_channels, slab_row = window->slab_width * pixel_bytes;
    const unsigned apart = grid->blocks * window->stride_width; /* columns from pixel to pixel */
    const unsigned per_row =
        apart - window->stride_width + (window->kernel_width - 1u) * window->dilation_width + 1;
    const unsigned items = grid->slab_rows * per_row;
    unsigned item = nmcu_share_first(items, core, cores);
    unsigned left = nmcu_share_first(items, core + 1, cores) - item;
    unsigned column = item / grid->slab_rows, position = item - column * grid->slab_rows;
    unsigned remainder = 0, first = 0; /* of the rows, and their position */
    nmcu_columns_t columns;

    columns.words = (window->in_channels + 3u) / 4;
    columns.pixel_step = dilation * slab_row;
    columns.to_step = grid->row_bytes;
    while (left) {
        unsigned rows = rows_of(grid, remainder, dilation);
        if (position < first + rows) {
            const unsigned turn = position - first;
            const int8_t *from = tile->slab + (remainder + turn * dilation) * slab_row;
            columns.rows = nmcu_min(rows - turn, left);
            for (unsigned p = 0; p < LANES; p++)
                columns.pixel[p] = from + nmcu_min(column + p * apart, window->slab_width - 1u) * pixel_bytes;
            interleave_columns(gather, grid, &columns, gather->words + position * grid->row_bytes, column);
            position += columns.rows;
            left -= columns.rows;
        }
        first += rows;
        if (++remainder == dilation) {
            remainder = first = 0;
            if (position == grid->slab_rows) {
                position = 0;
                column++;
            }
        }
    }
}

/* The same where output pixels are slab pixels: a column is a block. Pixels that do not exist are the first one. */
static void interleave_flat(const nmcu_gather_mac_t *gather, const nmcu_tile_t *tile, const grid_t *grid,
                            unsigned core)
{
    const unsigned cores = nmcu_core_count();
    const unsigned pixel_bytes = gather->weighted.window.in_channels;
    const unsigned end = nmcu_share_first(grid->blocks, core + 1, cores);
    unsigned block = nmcu_share_first(grid->blocks, core, cores);
    nmcu_columns_t columns;

    columns.words = (pixel_bytes + 3) / 4;
    columns.copies = 1;
    columns.pixel_step = pixel_bytes;
    columns.to_step = grid->block_bytes;
    while (block < end) {
        columns.rows = end - block;
        for (unsigned p = 0; p < LANES; p++) {
            const unsigned pixel = block + p * grid->blocks;
            const int exists = pixel < grid->width;
            if (exists) columns.rows = nmcu_min(columns.rows, grid->width - pixel);
            columns.pixel[p] = tile->slab + (exists ? pixel : block) * pixel_bytes;
        }
        columns.to[0] = gather->words + block * grid->block_bytes;
        nmcu_interleave_columns(&columns);
        block += columns.rows;
    }
}

/* Channels that do not exist (in the last group) are computed and dropped: their pixels go here first. */
static void run_last_group(const nmcu_gather_mac_t *gather, nmcu_gather_mac_block_t *block, unsigned channels)
{
    int8_t spill[LANES][GROUP];
    int8_t *y[LANES];

    for (unsigned p = 0; p < LANES; p++) {
        y[p] = block->y[p];
        block->y[p] = spill[p];
    }
    block->groups = 1;
    gather->block(block);
    for (unsigned p = LANES; p-- > 0;)
        for (unsigned c = 0; c < channels; c++)
            y[p][c] = spill[p][c];
}

/* Groups of output channels, `channels` channels at most. */
static void run_groups(const nmcu_gather_mac_t *gather, nmcu_gather_mac_block_t *block, unsigned groups,
                       unsigned channels)
{
    const unsigned whole = nmcu_min(groups, channels / GROUP);

    if (whole) {
        block->groups = whole;
        gather->block(block);
    }
    if (whole < groups) {
        for (unsigned p = 0; p < LANES; p++)
            block->y[p] += GROUP * whole;
        block->weights += whole * gather->weighted.record_bytes;
        run_last_group(gather, block, channels - GROUP * whole);
    }
}

static void multiply(const nmcu_gather_mac_t *gather, const nmcu_tile_t *tile, const grid_t *grid,
                     unsigned core)
{
    const nmcu_window_t *window = &gather->weighted.window;
    const unsigned cores = nmcu_core_count();
    const unsigned groups = (tile->channels + GROUP - 1) / GROUP;
    const unsigned items = grid->rows * grid->blocks * groups;
    const unsigned end = nmcu_share_first(items, core + 1, cores);
    const unsigned apart = grid->blocks * tile->channels;
    unsigned item = nmcu_share_first(items, core, cores);
    unsigned index = item / groups;
    unsigned group = item - index * groups;
    unsigned row = index / grid->blocks;
    unsigned column = index - row * grid->blocks;
    nmcu_gather_mac_block_t block;

    block.chunks = gather->chunks;
    block.half = gather->half;
    block.requant = gather->requant;
    block.table = gather->weighted.table;
    while (item < end) {
        const unsigned run = nmcu_min(groups - group, end - item);
        int8_t *y = tile->out + (row * grid->width + column) * tile->channels + GROUP * group;
        for (unsigned p = 0; p < LANES; p++)
            block.y[p] = column + p * grid->blocks < grid->width ? y + p * apart : y;
        block.x = gather->words + column * grid->block_bytes +
                  row_start(grid, row * window->stride_height, window->dilation_height);
        block.weights =
            nmcu_weighted_records(&gather->weighted, tile) + group * gather->weighted.record_bytes;
        run_groups(gather, &block, run, tile->channels - GROUP * group);
        item += run;
        group = 0;
        if (++column == grid->blocks) {
            column = 0;
            row++;
        }
    }
}

static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_gather_mac_t *gather = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&gather->weighted.window, tile_index);
    const grid_t grid = tile_grid(gather, &tile);

    if (tile.new_slab) {
        if (gather->flat)
            interleave_flat(gather, &tile, &grid, core);
        else
            interleave(gather, &tile, &grid, core);
        nmcu_barrier();
    }
    multiply(gather, &tile, &grid, core);
}

void nmcu_gather_mac_run(const nmcu_gather_mac_t *layer)
{
    static const nmcu_stages_t stages = {nmcu_weighted_load, nmcu_window_pad, compute, nmcu_window_store};
    const nmcu_gather_mac_t gather = *layer; /* one copy in L1: the original is in slow memory */
    nmcu_pipeline_run_in_step(&stages, &gather, nmcu_window_tiles(&gather.weighted.window));
}
