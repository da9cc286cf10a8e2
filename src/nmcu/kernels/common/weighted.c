#include "weighted.h"

#include "pipeline.h"

enum { NMCU_TABLE_BYTES = 256 };

/* Start the transfer of a tile's residuals and return the ticket. */
static uint32_t load_residual(const nmcu_weighted_t *weighted, const nmcu_tile_t *tile, unsigned index)
{
    const nmcu_window_t *window = &weighted->window;
    const unsigned pixels = tile->rows * window->out_width, pitch = window->out_pitch;
    const int8_t *from =
        weighted->residual + tile->first_row * window->out_width * pitch + tile->first_channel;
    int8_t *to = weighted->residual_tile[index & 1];

    if (tile->channels == pitch) return nmcu_dma_start_1d(to, from, pixels * pitch);
    return nmcu_dma_start_2d(to, from, tile->channels, pixels, tile->channels, pitch);
}

uint32_t nmcu_weighted_load(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_weighted_t *weighted = layer;
    uint32_t ticket = 0;

    if (core != 0 && !nmcu_brings_constants(core)) return 0;
    if (!weighted->window.slab[0] && !weighted->weight_tile[0] && !weighted->residual_tile[0] &&
        !weighted->table_from)
        return 0;
    const nmcu_tile_t tile = nmcu_window_tile(&weighted->window, tile_index);
    if (core == 0) ticket = nmcu_window_load(&weighted->window, &tile);
    if (core == NMCU_CONSTANTS_CORE && weighted->table_from && tile_index == 0)
        ticket =
            nmcu_dma_start_1d(weighted->table - NMCU_TABLE_BYTES / 2, weighted->table_from, NMCU_TABLE_BYTES);
    if (core == NMCU_CONSTANTS_CORE && weighted->residual_tile[0])
        ticket = load_residual(weighted, &tile, tile_index);
    if (nmcu_brings_constants(core) && tile.new_channels && weighted->weight_tile[0]) {
        const unsigned shift = weighted->record_shift, bytes = weighted->record_bytes;
        const unsigned records = (tile.channels + (1u << shift) - 1) >> shift;
        ticket = nmcu_bring_constants(weighted->weight_tile[tile.channel_slot],
                                      weighted->weights + (tile.first_channel >> shift) * bytes,
                                      records * bytes, core);
    }
    return ticket;
}
