/* Depthwise convolution: four channels of a tile at a time are turned into planes, where taps are neighbours. */
#ifndef NMCU_DEPTHWISE_H
#define NMCU_DEPTHWISE_H

#include "requantize.h"
#include "window.h"

/*
 * Four bytes of one pixel become one byte in each of four planes, `lines` lines of `extent` bytes. Up to three bytes
 * behind each line are written too, as if `pad` followed. Assembly bodies rely on the order of the members of the structs
 * here.
 */
typedef struct {
    const int8_t *x;      /*  0: first channel of the first pixel, any alignment */
    int8_t *planes;       /*  4: first byte of plane 0, any alignment */
    int32_t x_step;       /*  8: from a pixel to its neighbour on the line */
    int32_t x_line;       /* 12: from line to line */
    uint32_t extent;      /* 16: pixels of a line, at least 1 */
    uint32_t lines;       /* 20: at least 1 */
    uint32_t line_bytes;  /* 24: of a plane's line */
    uint32_t plane_bytes; /* 28 */
    int32_t pad;          /* 32 */
} nmcu_planes_t;

/* One channel as the constants hold it; `taps` has `tap_words` words for each line of taps, padded with zeros. */
typedef struct {
    int32_t multiplier; /*  0 */
    int32_t offset;     /*  4: added before the shift, less 2^(shift-1); narrow: holds bias * multiplier too */
    int32_t shift;      /*  8 */
    int32_t bias;       /* 12: not used in the narrow form */
    int8_t taps[];      /* 16 */
} nmcu_depthwise_channel_t;

/*
 * Output lines of one to four channels. An assembly body computes whole blocks of four outputs: it writes up to three
 * outputs behind each line, in the order of the lines.
 */
typedef struct {
    const int8_t *x;           /*  0: first window in the first plane, 4-byte aligned; so are the steps between lines */
    int8_t *y;                 /*  4 */
    const uint8_t *channel;    /*  8: nmcu_depthwise_channel_t */
    uint32_t channels;         /* 12: at least 1 */
    uint32_t lines;            /* 16: at least 1 */
    uint32_t outputs;          /* 20: of a line, at least 1 */
    int32_t x_line;            /* 24: from an output line's first window to the next line's */
    int32_t x_tap;             /* 28: from one line of taps to the next */
    int32_t x_step;            /* 32: from window to window on a line */
    int32_t y_line;            /* 36 */
    int32_t y_step;            /* 40 */
    uint32_t tap_lines;        /* 44 */
    uint32_t tap_words;        /* 48 */
    uint32_t plane_bytes;      /* 52: a multiple of 4 */
    uint32_t channel_bytes;    /* 56 */
    nmcu_requantize_t requant; /* 60: lo, 64: hi, 68: zero_point, 72: form */
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
    uint16_t pad_left;
    uint8_t vertical; /* 1: lines are columns of the map, 0: rows */
    uint8_t parts;    /* shares that the lines of four channels are cut into, for cores that have no channels */
    uint8_t tap_words;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_depthwise_t;

/* Run the layer. Called by all cores. */
void nmcu_depthwise_run(const nmcu_depthwise_t *layer);

#endif
