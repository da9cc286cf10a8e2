#include "weighted.h"

#include "pipeline.h"

uint32_t nmcu_weighted_load(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_weighted_t *weighted = layer;
    uint32_t ticket = 0;

    if (core != 0 && core != NMCU_CONSTANTS_CORE) return 0;
    const nmcu_tile_t tile = nmcu_window_tile(&weighted->window, tile_index);
    if (core == 0) ticket = nmcu_window_load(&weighted->window, &tile);
#if !NMCU_STAGED
    if (!weighted->weight_tile[0]) return ticket;
#endif
    if (core == NMCU_CONSTANTS_CORE && tile.new_channels) {
        const unsigned shift = weighted->record_shift, bytes = weighted->record_bytes;
        const unsigned records = (tile.channels + (1u << shift) - 1) >> shift;
        ticket =
            nmcu_dma_start_1d(weighted->weight_tile[tile.channel_slot],
                              weighted->weights + (tile.first_channel >> shift) * bytes, records * bytes);
    }
    return ticket;
}
