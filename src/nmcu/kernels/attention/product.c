#include "product.h"

#include <string.h>

#include "arithmetic.h"
#include "layer.h"
#include "pipeline.h"

#define HEADER_BYTES 16 /* of a packed group */

/* Where a tile lies. */
typedef struct {
    uint32_t head, index, first, rows;
} part_t;

static uint32_t words(uint32_t bytes)
{
    return (bytes + 3) / 4;
}

static part_t part(const nmcu_product_t *product, unsigned tile)
{
    const uint32_t head = product->row_tiles == 1 ? tile : tile / product->row_tiles;
    const uint32_t index = tile - head * product->row_tiles;
    const uint32_t first = index * product->tile_rows;
    const uint32_t left = product->rows - first;
    const part_t found = {head, index, first, left < product->tile_rows ? left : product->tile_rows};
    return found;
}

static uint32_t load(const void *layer, unsigned tile, unsigned core)
{
    const nmcu_product_t *product = layer;
    const part_t at = part(product, tile);
    const uint32_t b_rows = product->columns ? product->inner : product->outputs;
    const uint32_t b_bytes = product->columns ? product->outputs : product->inner;
    uint32_t ticket = 0;

    if (core == NMCU_CONSTANTS_CORE && at.index == 0)
        ticket = nmcu_dma_start_2d(product->b_tile[at.head & 1], product->b + at.head * product->b_head,
                                   b_bytes, b_rows, 4 * words(b_bytes), product->b_row);
    if (core == 0)
        ticket = nmcu_dma_start_2d(product->x_tile[tile & 1],
                                   product->x + at.head * product->x_head + at.first * product->x_row,
                                   product->inner, at.rows, 4 * words(product->inner), product->x_row);
    return ticket;
}

static uint32_t store(const void *layer, unsigned tile)
{
    const nmcu_product_t *product = layer;
    const part_t at = part(product, tile);
    return nmcu_dma_start_2d(product->y + at.head * product->y_head + at.first * product->y_row,
                             product->y_tile[tile & 1], product->outputs, at.rows, product->y_row,
                             4 * words(product->outputs));
}

/* Zero what no transfer writes: the last bytes of each row of x, and of b along the reduction. */
static void clear_ends(const nmcu_product_t *product, unsigned core)
{
    const unsigned cores = nmcu_core_count();
    const uint32_t inner = 4 * words(product->inner), rest = inner - product->inner;

    if (rest == 0) return;
    for (unsigned slot = 0; slot < 2; slot++) {
        for (uint32_t row = core; row < product->tile_rows; row += cores)
            memset(product->x_tile[slot] + row * inner + product->inner, 0, rest);
        if (product->columns) {
            const uint32_t pitch = 4 * words(product->outputs);
            for (uint32_t row = product->inner + core; row < inner; row += cores)
                memset(product->b_tile[slot] + row * pitch, 0, pitch);
        } else {
            for (uint32_t row = core; row < product->outputs; row += cores)
                memset(product->b_tile[slot] + row * inner + product->inner, 0, rest);
        }
    }
}

static void pack(const nmcu_product_t *product, uint32_t head, unsigned core)
{
    const unsigned cores = nmcu_core_count();
    const uint32_t inner = words(product->inner), groups = words(product->outputs);
    const uint32_t pitch = product->columns ? 4 * groups : 4 * inner;
    const uint32_t group_bytes = HEADER_BYTES + 16 * inner;
    const uint32_t step = product->columns ? 4 : 4 * pitch;
    const int32_t constant = (int32_t)product->inner * product->zero_x * product->zero_b;
    const int8_t *b = product->b_tile[head & 1];
    nmcu_product_pack_fn *fn = product->columns ? nmcu_product_pack_columns : nmcu_product_pack_rows;

    for (uint32_t group = core; group < groups; group += cores)
        fn(product->packed + group * group_bytes, b + group * step, pitch, inner, -product->zero_x, constant);
}

/*
 * Share number `share` of some rows of a tile by all groups: `blocks` blocks for `fn`, which begin at `first` and every
 * `step` rows below it, but not below `last`.
 */
static void run(const nmcu_product_t *product, nmcu_product_block_t *block, nmcu_product_block_fn *fn,
                unsigned tile, uint32_t blocks, uint32_t first, uint32_t step, uint32_t last, unsigned share)
{
    const unsigned cores = nmcu_core_count();
    const uint32_t groups = words(product->outputs), items = blocks * groups;
    uint32_t item = nmcu_share_first(items, share, cores);
    const uint32_t end = nmcu_share_first(items, share + 1, cores);
    uint32_t number = item / groups, group = item - number * groups;

    while (item < end) {
        const uint32_t row = nmcu_min(first + step * number, last);
        block->groups = nmcu_min(groups - group, end - item);
        block->x = product->x_tile[tile & 1] + row * block->x_pitch;
        block->y = product->y_tile[tile & 1] + row * block->y_pitch + 4 * group;
        block->packed = product->packed + group * (HEADER_BYTES + 16 * block->words);
        if (product->zero_b)
            nmcu_product_sums(block->x, step > 1 ? block->x_pitch : 0, block->words, -product->zero_b,
                              block->start);
        fn(block);
        item += block->groups;
        group = 0;
        number++;
    }
}

/* Rows that no block of four takes, where that is slower: 9 cycles a word for each instead of 24 for four. */
static uint32_t single_rows(uint32_t rows)
{
    if (rows < 4) return rows;
    return rows % 4 < 3 ? rows % 4 : 0;
}

static void compute(const void *layer, unsigned tile, unsigned core)
{
    const nmcu_product_t *product = layer;
    const part_t at = part(product, tile);
    const uint32_t single = single_rows(at.rows), rows = at.rows - single;
    nmcu_product_block_t block = {
        .x_pitch = 4 * words(product->inner),
        .y_pitch = 4 * words(product->outputs),
        .words = words(product->inner),
        .starts = product->zero_b   ? NMCU_ROWS_START
                  : product->zero_x ? NMCU_OUTPUTS_START
                                    : NMCU_NOTHING_STARTS,
        .multiplier = product->multiplier,
        .round = product->round,
        .shift = product->shift,
        .clamped = product->requant.lo != -128 || product->requant.hi != 127,
        .requant = product->requant,
    };

    if (at.index == 0) {
        pack(product, at.head, core);
        nmcu_barrier();
    }
    if (rows) run(product, &block, nmcu_product_4x4, tile, (rows + 3) / 4, 0, 4, rows - 4, core);
    if (single)
        run(product, &block, nmcu_product_4x1, tile, single, rows, 1, at.rows - 1,
            core ? nmcu_core_count() - core : 0);
}

void nmcu_product_run(const nmcu_product_t *layer)
{
    const nmcu_stages_t stages = {load, 0, compute, store};
    nmcu_product_t *copy = layer->copy;

    NMCU_LAYER_FETCH(nmcu_product_t, copy, layer);
    clear_ends(copy, nmcu_core_id());
    nmcu_pipeline_run_in_step(&stages, copy, copy->heads * copy->row_tiles);
}
