#include "product.h"

#include <string.h>

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

static void compute(const void *layer, unsigned tile, unsigned core)
{
    const nmcu_product_t *product = layer;
    const part_t at = part(product, tile);
    const unsigned cores = nmcu_core_count();
    const uint32_t inner = words(product->inner), groups = words(product->outputs);
    const uint32_t blocks = (at.rows + 3) / 4;
    const uint32_t items = blocks * groups;
    uint32_t item = nmcu_share_first(items, core, cores);
    const uint32_t end = nmcu_share_first(items, core + 1, cores);
    uint32_t row = item / groups * 4, group = item - row / 4 * groups;
    nmcu_product_block_t block = {
        .words = inner,
        .multiplier = product->multiplier,
        .round = product->round,
        .shift = product->shift,
        .requant = product->requant,
    };

    if (at.index == 0) {
        pack(product, at.head, core);
        nmcu_barrier();
        nmcu_stagger(core);
    }
    while (item < end) {
        const uint32_t run = groups - group < end - item ? groups - group : end - item;
        for (uint32_t p = 0; p < 4; p++) {
            const uint32_t at_row = row + p < at.rows ? row + p : at.rows - 1;
            block.x[p] = product->x_tile[tile & 1] + at_row * 4 * inner;
            block.y[p] = product->y_tile[tile & 1] + at_row * 4 * groups + 4 * group;
        }
        if (product->zero_b) nmcu_product_sums(block.x, inner, -product->zero_b, block.start);
        block.packed = product->packed + group * (HEADER_BYTES + 16 * inner);
        block.groups = run;
        product->block(&block);
        item += run;
        group = 0;
        row += 4;
    }
}

void nmcu_product_run(const nmcu_product_t *layer)
{
    const nmcu_stages_t stages = {load, 0, compute, store};
    nmcu_product_t *copy = layer->copy;

    NMCU_LAYER_FETCH(nmcu_product_t, copy, layer);
    clear_ends(copy, nmcu_core_id());
    nmcu_pipeline_run_in_step(&stages, copy, copy->heads * copy->row_tiles);
}
