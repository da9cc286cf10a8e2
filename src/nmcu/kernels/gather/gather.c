#include "gather.h"

#include "pipeline.h"

static uint32_t load(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_gather_t *gather = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&gather->window, tile_index);
    uint32_t ticket = 0;

    if (core == 0)
        ticket = nmcu_window_load(&gather->window, &tile);
    if (core == NMCU_CONSTANTS_CORE && tile.new_channels)
        ticket = nmcu_dma_start_1d(gather->weight_tile[tile.channel_slot],
                                   gather->weights + tile.first_channel / gather->group * gather->group_bytes,
                                   (tile.channels + gather->group - 1) / gather->group * gather->group_bytes);
    return ticket;
}

static void prepare(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_gather_t *gather = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&gather->window, tile_index);
    nmcu_window_pad(&gather->window, &tile, core);
}

static uint32_t store(const void *layer, unsigned tile_index)
{
    const nmcu_gather_t *gather = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&gather->window, tile_index);
    return nmcu_window_store(&gather->window, &tile);
}

/* Output pixels of the tile as rows of quads. */
typedef struct {
    unsigned rows, width, quads;
} grid_t;

static grid_t tile_grid(const nmcu_gather_t *gather, const nmcu_tile_t *tile)
{
    const nmcu_window_t *window = &gather->window;
    grid_t grid;

    grid.rows = gather->flat ? 1 : tile->rows;
    grid.width = gather->flat ? tile->rows * window->out_width : window->out_width;
    grid.quads = (grid.width + 3) / 4;
    return grid;
}

/* Interleave this core's share of the slab. */
static void interleave(const nmcu_gather_t *gather, const nmcu_tile_t *tile, const grid_t *grid, unsigned core)
{
    const nmcu_window_t *window = &gather->window;
    const unsigned cores = nmcu_core_count();
    const unsigned taps = window->kernel_width;
    const unsigned rows = gather->flat ? 1 : nmcu_window_slab_rows(window, tile->rows);
    const unsigned per_row = grid->quads * taps;
    const unsigned pixel_bytes = (unsigned)window->in_channels * window->stride_width;
    const unsigned tap_bytes = (unsigned)window->in_channels * window->dilation_width;
    const unsigned row_bytes = (unsigned)window->slab_width * window->in_channels;
    unsigned item = nmcu_share_first(rows * per_row, core, cores);
    const unsigned end = nmcu_share_first(rows * per_row, core + 1, cores);
    uint32_t *to = gather->quads + item * gather->tap_words;
    unsigned row = item / per_row;
    unsigned quad = (item - row * per_row) / taps;
    unsigned tap = item - row * per_row - quad * taps;

    for (; item < end; item++) {
        const unsigned column = 4 * quad;
        const unsigned last = grid->width - 1 - column;
        const int8_t *from = tile->slab + row * row_bytes + column * pixel_bytes + tap * tap_bytes;
        nmcu_interleave(to, from, from + (last < 1 ? last : 1) * pixel_bytes,
                        from + (last < 2 ? last : 2) * pixel_bytes, from + (last < 3 ? last : 3) * pixel_bytes,
                        gather->tap_words / 4);
        to += gather->tap_words;
        if (++tap == taps) {
            tap = 0;
            if (++quad == grid->quads) {
                quad = 0;
                row++;
            }
        }
    }
}

/* Channels that do not exist (in the last group of four) are computed and dropped: their pixels go here first. */
static void run_groups(const nmcu_gather_t *gather, nmcu_gather_block_t *block, unsigned groups, unsigned channels,
                       unsigned pixels)
{
    const unsigned fit = channels / gather->group;
    const unsigned whole = fit < groups ? fit : groups;

    if (whole) {
        block->groups = whole;
        gather->block(block);
    }
    if (whole < groups) {
        const unsigned rest = channels - gather->group * whole;
        int8_t spill[4][4];
        int8_t *y[4];
        for (unsigned p = 0; p < 4; p++) {
            y[p] = block->y[p] + gather->group * whole;
            block->y[p] = spill[p];
        }
        block->weights += whole * gather->group_bytes;
        block->groups = 1;
        gather->block(block);
        for (unsigned p = 0; p < pixels; p++)
            for (unsigned c = 0; c < rest; c++)
                y[p][c] = spill[p][c];
    }
}

static void multiply(const nmcu_gather_t *gather, const nmcu_tile_t *tile, const grid_t *grid, unsigned core)
{
    const nmcu_window_t *window = &gather->window;
    const unsigned cores = nmcu_core_count();
    const unsigned groups = (tile->channels + gather->group - 1) / gather->group;
    const unsigned items = grid->rows * grid->quads * groups;
    const unsigned quad_words = (unsigned)window->kernel_width * gather->tap_words;
    const unsigned row_words = grid->quads * quad_words;
    unsigned item = nmcu_share_first(items, core, cores);
    const unsigned end = nmcu_share_first(items, core + 1, cores);
    unsigned quad_index = item / groups;
    unsigned group = item - quad_index * groups;
    unsigned row = quad_index / grid->quads;
    unsigned quad = quad_index - row * grid->quads;
    nmcu_gather_block_t block;

    block.segments = window->kernel_height;
    block.steps = gather->steps;
    block.jump = (int32_t)(4 * (row_words * window->dilation_height - quad_words));
    block.distance_bytes = gather->distance_bytes;
    block.requant = gather->requant;
    while (item < end) {
        const unsigned run = groups - group < end - item ? groups - group : end - item;
        const unsigned column = 4 * quad;
        const unsigned valid = grid->width - column < 4 ? grid->width - column : 4;
        int8_t *y = tile->out + (row * grid->width + column) * tile->channels + gather->group * group;
        block.x = (const uint8_t *)(gather->quads + row * window->stride_height * row_words + quad * quad_words);
        block.weights = (const uint8_t *)gather->weight_tile[tile->channel_slot] + group * gather->group_bytes;
        for (unsigned p = 0; p < 4; p++) {
            block.y[p] = y;
            if (p + 1 < valid)
                y += tile->channels;
        }
        run_groups(gather, &block, run, tile->channels - gather->group * group, valid);
        item += run;
        group = 0;
        if (++quad == grid->quads) {
            quad = 0;
            row++;
        }
    }
}

static void compute(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_gather_t *gather = layer;
    const nmcu_tile_t tile = nmcu_window_tile(&gather->window, tile_index);
    const grid_t grid = tile_grid(gather, &tile);

    if (tile.new_slab) {
        interleave(gather, &tile, &grid, core);
        nmcu_barrier();
        nmcu_stagger(core);
    }
    multiply(gather, &tile, &grid, core);
}

void nmcu_gather_run(const nmcu_gather_t *layer)
{
    static const nmcu_stages_t stages = {load, prepare, compute, store};
    const nmcu_gather_t gather = *layer; /* one copy in L1: the original is in slow memory */
    nmcu_pipeline_run(&stages, &gather, nmcu_window_tiles(&gather.window));
}
