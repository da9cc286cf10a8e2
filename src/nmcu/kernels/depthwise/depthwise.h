/* Depthwise convolution: four channels of a tile at a time are turned into planes, where taps are neighbours. */
#ifndef NMCU_DEPTHWISE_H
#define NMCU_DEPTHWISE_H

#include "requantize.h"
#include "weighted.h"

/*
 * Four bytes of one pixel become one byte in each of four planes, `lines` lines of `extent` bytes. Up to four bytes
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

/* What is the same for all lines of a layer. */
typedef struct {
    int32_t x_line;            /*  0: from an output line's first window to the next line's */
    int32_t x_tap;             /*  4: from one line of taps to the next */
    int32_t x_step;            /*  8: from window to window on a line */
    uint32_t plane_bytes;      /* 12: a multiple of 4 */
    uint32_t channel_bytes;    /* 16: of one nmcu_depthwise_channel_t */
    nmcu_requantize_t requant; /* 20: lo, 24: hi, 28: zero_point, 32: form */
    uint32_t tap_lines;        /* 36 */
    uint32_t tap_words;        /* 40 */
} nmcu_depthwise_shape_t;

/*
 * Output lines of one to four channels. An assembly body computes whole blocks of four outputs: it writes up to three
 * outputs behind each line, in the order of the lines.
 */
typedef struct {
    const nmcu_depthwise_shape_t *shape; /*  0 */
    const int8_t *x;                     /*  4: first window in the first plane, 4-byte aligned; so are steps of lines */
    int8_t *y;                           /*  8 */
    const uint8_t *channel;              /* 12: nmcu_depthwise_channel_t */
    uint32_t channels;                   /* 16: at least 1 */
    uint32_t lines;                      /* 20: at least 1 */
    uint32_t outputs;                    /* 24: of a line, at least 1 */
    int32_t y_line;                      /* 28 */
    int32_t y_step;                      /* 32 */
} nmcu_depthwise_lines_t;

typedef void nmcu_depthwise_fn(const nmcu_depthwise_lines_t *lines);

/* The hot loops, each with an assembly and a portable body. */
void nmcu_planes(const nmcu_planes_t *planes);
void nmcu_planes_fill(void *planes, int32_t value, uint32_t words); /* at least 1 word */
nmcu_depthwise_fn nmcu_depthwise_3x3;        /* 3 taps on 3 lines, step 1, narrow form, clamp to -128..127 */
nmcu_depthwise_fn nmcu_depthwise_3x3_clamp;  /* the same with any clamp */
nmcu_depthwise_fn nmcu_depthwise_3x3_wide;   /* the same in the wide form */
nmcu_depthwise_fn nmcu_depthwise_3x4;        /* 3 lines of one word of taps, any step, narrow form, any clamp */
nmcu_depthwise_fn nmcu_depthwise_3x4_wide;   /* the same in the wide form */
nmcu_depthwise_fn nmcu_depthwise_5x8;        /* 5 lines of two words of taps */
nmcu_depthwise_fn nmcu_depthwise_5x8_wide;
nmcu_depthwise_fn nmcu_depthwise_any;        /* anything; portable only */

/* The windows along one axis of the map. */
typedef struct {
    uint16_t kernel, stride, dilation;
    uint16_t pad;  /* before the map */
    uint16_t size; /* of the map */
} nmcu_depthwise_axis_t;

typedef struct {
    nmcu_weighted_t weighted; /* channelwise; a record is an nmcu_depthwise_channel_t */
    nmcu_depthwise_axis_t along, across; /* of lines: rows of the map, or columns (`vertical`) */
    nmcu_depthwise_fn *fn;
    void *planes;           /* L1: four planes for each core */
    uint32_t line_bytes;
    nmcu_depthwise_shape_t shape;
    uint8_t vertical;
    uint8_t lead; /* outputs computed in front of each line, so that the planes' inputs are aligned (with one row tile) */
    uint8_t parts;    /* shares that the lines of four channels are cut into, for cores that have no channels */
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_depthwise_t;

/* Run the layer. Called by all cores. */
void nmcu_depthwise_run(const nmcu_depthwise_t *layer);

#endif
