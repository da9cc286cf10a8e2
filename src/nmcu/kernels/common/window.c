#include "window.h"

#include <string.h>

#include "nmcu_hal.h"

/* The rows of the slab that exist in the map: `skip` padding rows above, then `count` rows from map row `first`. */
typedef struct {
    unsigned skip, first, count, total;
} slab_rows_t;

static slab_rows_t slab_rows(const nmcu_window_t *window, const nmcu_tile_t *tile)
{
    const int top = (int)(tile->first_row * window->stride_height) - window->pad_top;
    const int total = (int)nmcu_window_slab_rows(window, tile->rows);
    const int first = top < 0 ? 0 : top;
    int end = top + total;
    slab_rows_t rows;

    if (end > window->in_height) end = window->in_height;
    rows.total = (unsigned)total;
    rows.first = (unsigned)first;
    rows.count = end > first ? (unsigned)(end - first) : 0;
    rows.skip = top < 0 ? nmcu_min((unsigned)-top, rows.total) : 0;
    return rows;
}

/* Map pixels in each slab row: the rest of a row is padding. */
static unsigned slab_pixels(const nmcu_window_t *window)
{
    return window->slab_width > window->pad_left
               ? nmcu_min(window->in_width, window->slab_width - window->pad_left)
               : 0;
}

uint32_t nmcu_window_load(const nmcu_window_t *window, const nmcu_tile_t *tile)
{
    const slab_rows_t rows = slab_rows(window, tile);
    const unsigned pixels = slab_pixels(window);
    const unsigned channels = nmcu_window_channels(window, tile);
    const unsigned map_row = (unsigned)window->in_width * window->in_channels;
    const int8_t *from = window->input + rows.first * map_row + nmcu_window_first_channel(window, tile);
    int8_t *to = tile->slab + (rows.skip * window->slab_width + window->pad_left) * channels;

    uint32_t ticket = 0;

    if (!tile->new_slab || !window->slab[0]) return 0;
    if (window->near && !window->channelwise) return 0; /* nmcu_window_pad copies slabs of all channels */
    if (rows.count == 0 || pixels == 0) return 0;
    if (channels == window->in_channels) {
        const unsigned row = pixels * channels;
        const unsigned slab_row = window->slab_width * channels;
        if (row == map_row && row == slab_row) return nmcu_dma_start_1d(to, from, rows.count * row);
        return nmcu_dma_start_2d(to, from, row, rows.count, slab_row, map_row);
    }
    if (pixels == window->in_width && pixels == window->slab_width)
        return nmcu_dma_start_2d(to, from, channels, rows.count * pixels, channels, window->in_channels);
    for (unsigned row = 0; row < rows.count; row++)
        ticket = nmcu_dma_start_2d(to + row * window->slab_width * channels, from + row * map_row, channels,
                                   pixels, channels, window->in_channels);
    return ticket;
}

/* Copy the cores' shares of the slab's rows from the map in L1: of each row a piece where there are few. */
static void copy_rows(const nmcu_window_t *window, const nmcu_tile_t *tile, const slab_rows_t *rows,
                      unsigned core)
{
    const unsigned cores = nmcu_core_count();
    const unsigned map_row = (unsigned)window->in_width * window->in_channels;
    const unsigned slab_row = (unsigned)window->slab_width * window->in_channels;
    const unsigned bytes = slab_pixels(window) * window->in_channels;
    const unsigned pieces = rows->count >= 2 * cores ? 1 : rows->count >= cores ? 2 : cores;
    const unsigned piece = ((bytes + pieces - 1) / pieces + 3) & ~3u;
    const int8_t *from = window->input + rows->first * map_row;
    int8_t *to = tile->slab + rows->skip * slab_row + (unsigned)window->pad_left * window->in_channels;

    for (unsigned item = core; item < rows->count * pieces; item += cores) {
        const unsigned row = item / pieces, first = (item - row * pieces) * piece;
        if (first < bytes)
            memcpy(to + row * slab_row + first, from + row * map_row + first, nmcu_min(piece, bytes - first));
    }
}

void nmcu_window_pad(const void *layer, unsigned tile_index, unsigned core)
{
    const nmcu_window_t *window = layer;
    if (!window->slab[0]) return;
    const nmcu_tile_t tile = nmcu_window_tile(window, tile_index);
    if (!tile.new_slab) return;
    const slab_rows_t rows = slab_rows(window, &tile);
    const unsigned channels = nmcu_window_channels(window, &tile);
    const unsigned slab_row = window->slab_width * channels;
    const unsigned left = nmcu_min(window->pad_left, window->slab_width) * channels;
    const unsigned pixels = slab_pixels(window) * channels;
    const unsigned cores = nmcu_core_count();

    if (window->near) copy_rows(window, &tile, &rows, core);
    if (left + pixels == slab_row && left == 0 && rows.count == rows.total) return;
    for (unsigned row = core; row < rows.total; row += cores) {
        int8_t *to = tile.slab + row * slab_row;
        if (row < rows.skip || row >= rows.skip + rows.count) {
            memset(to, window->pad_value, slab_row);
        } else {
            memset(to, window->pad_value, left);
            memset(to + left + pixels, window->pad_value, slab_row - left - pixels);
        }
    }
}

uint32_t nmcu_window_store(const void *layer, unsigned tile_index)
{
    const nmcu_window_t *window = layer;
    if (!window->out_tile[0]) return 0;
    const nmcu_tile_t tile = nmcu_window_tile(window, tile_index);
    const unsigned pixels = tile.rows * window->out_width;
    int8_t *to = window->output + tile.first_row * window->out_width * window->out_pitch + tile.first_channel;

    if (tile.channels == window->out_pitch) return nmcu_dma_start_1d(to, tile.out, pixels * tile.channels);
    return nmcu_dma_start_2d(to, tile.out, tile.channels, pixels, window->out_pitch, tile.channels);
}
