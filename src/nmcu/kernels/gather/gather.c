#include "gather.h"

#include "pipeline.h"

/* Output pixels of the tile as rows of blocks. */
typedef struct {
    unsigned rows, width, blocks;
    unsigned tap_bytes, block_bytes, row_bytes; /* of the interleaved slab */
} grid_t;

static grid_t tile_grid(const nmcu_gather_t *gather, const nmcu_tile_t *tile)
{
    const nmcu_window_t *window = &gather->weighted.window;
    const unsigned pixels = 4u * gather->quads;
    grid_t grid;

    grid.rows = gather->flat ? 1 : tile->rows;
    grid.width = gather->flat ? tile->rows * window->out_width : window->out_width;
    grid.blocks = (grid.width + pixels - 1) / pixels;
    grid.tap_bytes = pixels * gather->tap_words;
    grid.block_bytes = grid.tap_bytes * window->kernel_width;
    grid.row_bytes = grid.block_bytes * grid.blocks;
    return grid;
}

/* Interleave one tap of one block, whose first pixel lies at `from`; `last` is the distance of the row's last pixel. */
static void interleave_tap(const nmcu_gather_t *gather, uint8_t *to, const int8_t *from, unsigned pixel_bytes,
                           unsigned last)
{
    for (unsigned quad = 0; quad < gather->quads; quad++) {
        const int8_t *pixel[4];
        for (unsigned i = 0; i < 4; i++) {
            const unsigned column = 4 * quad + i;
            pixel[i] = from + (column < last ? column : last) * pixel_bytes;
        }
        nmcu_interleave(to + 4 * quad, pixel[0], pixel[1], pixel[2], pixel[3], gather->tap_words / 4u,
                        4u * gather->quads);
    }
}

/* Interleave this core's share of the slab. */
static void interleave(const nmcu_gather_t *gather, const nmcu_tile_t *tile, const grid_t *grid,
                       unsigned core)
{
    const nmcu_window_t *window = &gather->weighted.window;
    const unsigned cores = nmcu_core_count();
    const unsigned taps = window->kernel_width;
    const unsigned rows = gather->flat ? 1 : nmcu_window_slab_rows(window, tile->rows);
    const unsigned per_row = grid->blocks * taps;
    const unsigned pixel_bytes = (unsigned)window->in_channels * window->stride_width;
    const unsigned tap_bytes = (unsigned)window->in_channels * window->dilation_width;
    const unsigned slab_row = (unsigned)window->slab_width * window->in_channels;
    unsigned item = nmcu_share_first(rows * per_row, core, cores);
    const unsigned end = nmcu_share_first(rows * per_row, core + 1, cores);
    uint8_t *to = gather->words + item * grid->tap_bytes;
    unsigned row = item / per_row;
    unsigned block = (item - row * per_row) / taps;
    unsigned tap = item - row * per_row - block * taps;

    for (; item < end; item++) {
        const unsigned column = 4u * gather->quads * block;
        interleave_tap(gather, to, tile->slab + row * slab_row + column * pixel_bytes + tap * tap_bytes,
                       pixel_bytes, grid->width - 1 - column);
        to += grid->tap_bytes;
        if (++tap == taps) {
            tap = 0;
            if (++block == grid->blocks) {
                block = 0;
                row++;
            }
        }
    }
}

/* Channels that do not exist (in the last group of four) are computed and dropped: their pixels go here first. */
static void run_quad(const nmcu_gather_t *gather, nmcu_gather_fn *fn, nmcu_gather_block_t *block,
                     unsigned groups, unsigned channels, unsigned pixels)
{
    const unsigned fit = channels / gather->group;
    const unsigned whole = fit < groups ? fit : groups;

    if (whole) {
        block->groups = whole;
        fn(block);
    }
    if (whole < groups) {
        const unsigned rest = channels - gather->group * whole;
        int8_t spill[2][4][4]; /* outputs, residuals */
        int8_t *y[4];
        for (unsigned p = 0; p < 4; p++) {
            y[p] = block->y[p] + gather->group * whole;
            for (unsigned c = 0; c < rest && block->add; c++)
                spill[1][p][c] = *(const int8_t *)((intptr_t)(y[p] + c) + block->residual);
            block->y[p] = spill[0][p];
        }
        block->residual = sizeof spill[0];
        block->weights += whole * gather->weighted.record_bytes;
        block->groups = 1;
        fn(block);
        for (unsigned p = 0; p < pixels; p++)
            for (unsigned c = 0; c < rest; c++)
                y[p][c] = spill[0][p][c];
    }
}

/* Groups of output channels, `channels` channels at most, of `pixels` pixels from block->x on, written from `y` on. */
static void run_groups(const nmcu_gather_t *gather, nmcu_gather_block_t *block, int8_t *y, unsigned groups,
                       unsigned channels, unsigned pixels)
{
    if (pixels == 8) {
        block->y[0] = y;
        block->groups = groups;
        gather->block(block);
        return;
    }
    for (unsigned quad = 0; 4 * quad < pixels; quad++) {
        const unsigned rest = pixels - 4 * quad;
        nmcu_gather_block_t part = *block;
        part.x += 4 * quad;
        for (unsigned p = 0; p < 4; p++)
            part.y[p] = y + (4 * quad + (p < rest ? p : rest - 1)) * block->pixel_bytes;
        run_quad(gather, gather->tail, &part, groups, channels, rest < 4 ? rest : 4);
    }
}

static void multiply(const nmcu_gather_t *gather, const nmcu_tile_t *tile, const grid_t *grid,
                     const int8_t *residual, unsigned core)
{
    const nmcu_window_t *window = &gather->weighted.window;
    const unsigned cores = nmcu_core_count();
    const unsigned pixels = 4u * gather->quads;
    const unsigned groups = (tile->channels + gather->group - 1) / gather->group;
    const unsigned items = grid->rows * grid->blocks * groups;
    unsigned item = nmcu_share_first(items, core, cores);
    const unsigned end = nmcu_share_first(items, core + 1, cores);
    unsigned index = item / groups;
    unsigned group = item - index * groups;
    unsigned row = index / grid->blocks;
    unsigned column = (index - row * grid->blocks) * pixels;
    nmcu_gather_block_t block;

    block.segments = window->kernel_height;
    block.steps = gather->steps;
    block.jump = (int32_t)(grid->row_bytes * window->dilation_height - grid->block_bytes);
    block.distance_bytes = gather->distance_bytes;
    block.requant = gather->requant;
    block.add = residual ? &gather->add : 0;
    block.residual = (intptr_t)residual - (intptr_t)tile->out;
    block.table = gather->weighted.table;
    block.pixel_bytes = tile->channels;
    while (item < end) {
        const unsigned run = groups - group < end - item ? groups - group : end - item;
        const unsigned valid = grid->width - column < pixels ? grid->width - column : pixels;
        int8_t *y = tile->out + (row * grid->width + column) * tile->channels + gather->group * group;
        block.x = gather->words + row * window->stride_height * grid->row_bytes +
                  column / pixels * grid->block_bytes;
        block.weights =
            nmcu_weighted_records(&gather->weighted, tile) + group * gather->weighted.record_bytes;
        run_groups(gather, &block, y, run, tile->channels - gather->group * group, valid);
        item += run;
        group = 0;
        column += pixels;
        if (column >= grid->width) {
            column = 0;
            row++;
        }
    }
}

static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_gather_t *gather = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&gather->weighted.window, tile_index);
    const grid_t grid = tile_grid(gather, &tile);

    if (tile.new_slab) {
        interleave(gather, &tile, &grid, core);
        nmcu_barrier();
        nmcu_stagger(core);
    }
    multiply(gather, &tile, &grid, nmcu_weighted_residual(&gather->weighted, &tile, tile_index), core);
}

void nmcu_gather_run(const nmcu_gather_t *layer)
{
    static const nmcu_stages_t stages = {nmcu_weighted_load, nmcu_window_pad, compute, nmcu_window_store};
    const nmcu_gather_t gather = *layer; /* one copy in L1: the original is in slow memory */
    nmcu_pipeline_run(&stages, &gather, nmcu_window_tiles(&gather.weighted.window));
}
