/* Depthwise convolution: four channels of a tile at a time are turned into planes, where taps are neighbours. */
#ifndef NMCU_DEPTHWISE_H
#define NMCU_DEPTHWISE_H

#include "requantize.h"
#include "window.h"

/* Four bytes of one pixel become one byte in each of four planes, `lines` lines of `extent` bytes. Assembly bodies rely
 * on the order of the members of the structs here. */
typedef struct {
    const int8_t *x;     /*  0: first channel of the first pixel, any alignment */
    int8_t *planes;      /*  4: 4-byte aligned */
    int32_t x_step;      /*  8: from a pixel to its neighbour on the line */
    int32_t x_line;      /* 12: from line to line */
    uint32_t extent;     /* 16: pixels of a line, at least 1 */
    uint32_t lines;      /* 20: at least 1 */
    uint32_t line_bytes; /* 24: of a plane's line, a multiple of 4 */
    uint32_t plane_bytes; /* 28 */
} nmcu_planes_t;

/* One channel as the constants hold it; `taps` has `tap_words` words for each line of taps, padded with zeros. */
typedef struct {
    int32_t multiplier; /*  0 */
    int32_t offset;     /*  4: added before the shift, less 2^(shift-1); narrow: holds bias * multiplier too */
    int32_t shift;      /*  8 */
    int32_t bias;       /* 12: not used in the narrow form */
    int8_t taps[];      /* 16 */
} nmcu_depthwise_channel_t;

/* Output lines of one channel. */
typedef struct {
    const int8_t *x;                         /*  0: first window in the plane, 4-byte aligned */
    int8_t *y;                               /*  4 */
    const nmcu_depthwise_channel_t *channel; /*  8 */
    uint32_t lines;                          /* 12: at least 1 */
    uint32_t outputs;                        /* 16: of a line, at least 1 */
    int32_t x_line;                          /* 20: from an output line's first window to the next line's */
    int32_t x_tap;                           /* 24: from one line of taps to the next */
    int32_t x_step;                          /* 28: from window to window on a line */
    int32_t y_line;                          /* 32 */
    int32_t y_step;                          /* 36 */
    uint32_t tap_lines;                      /* 40 */
    uint32_t tap_words;                      /* 44 */
    nmcu_requantize_t requant;               /* 48: lo, 52: hi, 56: zero_point, 60: form */
} nmcu_depthwise_lines_t;

typedef void nmcu_depthwise_fn(const nmcu_depthwise_lines_t *lines);

/* The hot loops, each with an assembly and a portable body. */
void nmcu_planes(const nmcu_planes_t *planes);
nmcu_depthwise_fn nmcu_depthwise_3x3;        /* 3 taps on 3 lines, step 1, narrow form, clamp to -128..127 */
nmcu_depthwise_fn nmcu_depthwise_3x3_clamp;  /* the same with any clamp */
nmcu_depthwise_fn nmcu_depthwise_3x3_wide;   /* the same in the wide form */
nmcu_depthwise_fn nmcu_depthwise_any;        /* anything; portable only */

typedef struct {
    nmcu_window_t window; /* channelwise */
    nmcu_depthwise_fn *fn;
    const uint8_t *weights; /* L2: nmcu_depthwise_channel_t of all channels */
    void *weight_tile[2];   /* L1 */
    void *planes;           /* L1: four planes for each core */
    uint32_t channel_bytes; /* of one nmcu_depthwise_channel_t */
    uint32_t line_bytes, plane_bytes;
    nmcu_requantize_t requant;
    uint8_t vertical; /* 1: lines are columns of the map, 0: rows */
    uint8_t parts;    /* shares that the lines of four channels are cut into, for cores that have no channels */
    uint8_t tap_words;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_depthwise_t;

/* Run the layer. Called by all cores. */
void nmcu_depthwise_run(const nmcu_depthwise_t *layer);

#endif
