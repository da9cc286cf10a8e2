/* Windowed operators (convolution, depthwise, pooling): how row slabs of the input and tiles of the output move. */
#ifndef NMCU_WINDOW_H
#define NMCU_WINDOW_H

#include <stdint.h>

#include "arithmetic.h"
#include "nmcu_hal.h"

/*
 * Geometry of one layer and its tiles. Maps are NHWC with N = 1. A tile is `tile_rows` output rows by
 * `tile_channels` output channels (the last ones may be smaller). Its input slab in L1 holds every row that the
 * tile's windows touch, `slab_width` pixels each, padding included; two slabs alternate when there are several.
 */
typedef struct {
    const int8_t *input; /* L2, or L1 if near: (in_height, in_width, in_channels) */
    int8_t *output;      /* L2, or L1 where there is no out_tile: (out_height, out_width, out_channels) */
    uint16_t in_height, in_width, in_channels;
    uint16_t out_height, out_width, out_channels;
    uint16_t out_pitch; /* channels of the map that `output` is a range of channels of */
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_top, pad_left;
    uint16_t slab_width; /* channelwise: in_width, and pad_left is 0 */
    uint16_t tile_rows, row_tiles;
    uint16_t tile_channels, channel_tiles;
    uint8_t
        channelwise; /* output channels for each channel of the map where a tile's slab holds the tile's only
                            (depthwise, pooling); 0: all channels */
    uint8_t
        rows_innermost; /* tile order: 1: all row tiles of a channel tile in turn; 0: the other way round */
    int8_t pad_value;
    uint8_t near;    /* 1: the map is in L1: the cores copy slabs from it, or there are none */
    int8_t *slab[2]; /* L1; null: windows are read from the map */
    int8_t
        *out_tile[2]; /* L1: (rows, out_width, channels of the tile); null: results are written to the map */
} nmcu_window_t;

/* Where tile number `tile` lies, and which of the two alternating buffers hold its operands. */
typedef struct {
    unsigned first_row, rows;         /* output rows */
    unsigned first_channel, channels; /* output channels */
    unsigned row_tile, channel_tile;
    int new_slab, new_channels; /* nonzero: the operand differs from that of the tile before and is loaded */
    int8_t *slab;
    int8_t *out;
    unsigned channel_slot; /* 0 or 1: buffer of the operand that goes with the channels (weights) */
} nmcu_tile_t;

/* Inline, since most callers need only some of the members, and its cycles count between tiles. */
static inline nmcu_tile_t nmcu_window_tile(const nmcu_window_t *window, unsigned tile)
{
    const unsigned inner = window->rows_innermost ? window->row_tiles : window->channel_tiles;
    const unsigned outer = window->rows_innermost ? window->channel_tiles : window->row_tiles;
    /* a division takes up to 35 cycles */
    const unsigned outer_index = outer == 1 ? 0 : inner == 1 ? tile : tile / inner;
    const unsigned inner_index = tile - outer_index * inner;
    /* The inner operand changes with every tile and its two buffers alternate with them; the outer one stays. */
    const unsigned inner_slot = inner == 1 ? 0 : tile & 1;
    const unsigned outer_slot = outer_index & 1;
    const int new_inner = inner == 1 ? tile == 0 : 1;
    const int new_outer = inner_index == 0;
    nmcu_tile_t t;
    unsigned row_slot;

    if (window->rows_innermost) {
        t.row_tile = inner_index;
        t.channel_tile = outer_index;
        t.new_slab = new_inner;
        t.new_channels = new_outer;
        row_slot = inner_slot;
        t.channel_slot = outer_slot;
    } else {
        t.row_tile = outer_index;
        t.channel_tile = inner_index;
        t.new_slab = new_outer;
        t.new_channels = new_inner;
        row_slot = outer_slot;
        t.channel_slot = inner_slot;
    }
    if (window->channelwise) {
        t.new_slab = 1;
        row_slot = tile & 1;
    }
    t.first_row = t.row_tile * window->tile_rows;
    t.rows = nmcu_min(window->tile_rows, window->out_height - t.first_row);
    t.first_channel = t.channel_tile * window->tile_channels;
    t.channels = nmcu_min(window->tile_channels, window->out_channels - t.first_channel);
    t.slab = window->slab[row_slot];
    t.out = window->out_tile[tile & 1];
    if (!t.slab) /* may begin before the map: padding that is not read */
        t.slab = (int8_t *)(uintptr_t)window->input +
                 ((int)(t.first_row * window->stride_height) - window->pad_top) * window->in_width *
                     window->in_channels;
    if (!t.out) t.out = window->output + t.first_row * window->out_width * window->out_pitch;
    return t;
}

static inline unsigned nmcu_window_tiles(const nmcu_window_t *window)
{
    return (unsigned)window->row_tiles * window->channel_tiles;
}

/* Rows of the slab that belongs to `rows` output rows. */
static inline unsigned nmcu_window_slab_rows(const nmcu_window_t *window, unsigned rows)
{
    return (rows - 1) * window->stride_height + (window->kernel_height - 1u) * window->dilation_height + 1;
}

/* Channels of a tile's slab. */
static inline unsigned nmcu_window_channels(const nmcu_window_t *window, const nmcu_tile_t *tile)
{
    if (!window->channelwise) return window->in_channels;
    return window->channelwise == 1 ? tile->channels : tile->channels / window->channelwise;
}

/* The first of them in the map. */
static inline unsigned nmcu_window_first_channel(const nmcu_window_t *window, const nmcu_tile_t *tile)
{
    if (!window->channelwise) return 0;
    return window->channelwise == 1 ? tile->first_channel : tile->first_channel / window->channelwise;
}

/* Start the transfer of the tile's input slab, if it is new. Called by one core. Returns the ticket, 0 if nothing
 * moves. */
uint32_t nmcu_window_load(const nmcu_window_t *window, const nmcu_tile_t *tile);

/* Stages of pipeline.h for kernels whose descriptor begins with an nmcu_window_t. */

/* Write the padding of a tile's slab, if it is new, shared by all cores; where the map is near, the rest of it, too. */
void nmcu_window_pad(const void *layer, unsigned tile_index, unsigned core);

/* Start the transfer of a tile's output to L2 and return the ticket. */
uint32_t nmcu_window_store(const void *layer, unsigned tile_index);

#endif
