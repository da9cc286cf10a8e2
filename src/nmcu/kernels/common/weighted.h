/* Windowed layers with weights: records of a few output channels each, loaded with the tiles they belong to. */
#ifndef NMCU_WEIGHTED_H
#define NMCU_WEIGHTED_H

#include "window.h"

/* What a kernel's descriptor begins with. A record holds 2^record_shift output channels, the last one maybe fewer. */
typedef struct {
    nmcu_window_t window;
    const uint8_t *weights; /* L2: the records of all output channels */
    void *weight_tile[2];   /* L1; null: records are read where they lie */
    uint32_t record_bytes;
    uint8_t record_shift;
    const int8_t *residual;   /* L2: what is added to the results, as the output lies; null: nothing is */
    int8_t *residual_tile[2]; /* L1, as the output's tiles; null: it is read where it lies */
    int8_t *table; /* L1: results for 0 to 127, behind those for -128 to -1, of the kernel's; or null */
    const uint8_t *table_from; /* L2: the original; null: there is no other */
} nmcu_weighted_t;

/* Stage of pipeline.h: load a tile's slab and its records, whichever are new, its residuals, and the table first. */
uint32_t nmcu_weighted_load(const void *layer, unsigned tile_index, unsigned core);

/* The records of a tile. */
static inline const uint8_t *nmcu_weighted_records(const nmcu_weighted_t *weighted, const nmcu_tile_t *tile)
{
    if (!weighted->weight_tile[0])
        return weighted->weights + (tile->first_channel >> weighted->record_shift) * weighted->record_bytes;
    return weighted->weight_tile[tile->channel_slot];
}

/* The residuals of tile number `index`, which lie as its outputs do; null: there are none. */
static inline const int8_t *nmcu_weighted_residual(const nmcu_weighted_t *weighted, const nmcu_tile_t *tile,
                                                   unsigned index)
{
    const nmcu_window_t *window = &weighted->window;
    if (!weighted->residual) return 0;
    if (weighted->residual_tile[0]) return weighted->residual_tile[index & 1];
    return weighted->residual + tile->first_row * window->out_width * window->out_pitch;
}

#endif
