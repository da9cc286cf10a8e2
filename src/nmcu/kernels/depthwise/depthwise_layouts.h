/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */
/* clang-format off */
#ifndef NMCU_DEPTHWISE_LAYOUTS_H
#define NMCU_DEPTHWISE_LAYOUTS_H

#include "common_layouts.h"

#ifdef __ASSEMBLER__

/* nmcu_planes_t */
#define PLANES_X 0
#define PLANES_PLANES 4
#define PLANES_X_STEP 8
#define PLANES_X_LINE 12
#define PLANES_EXTENT 16
#define PLANES_LINES 20
#define PLANES_LINE_BYTES 24
#define PLANES_PLANE_BYTES 28
#define PLANES_PAD 32
#define PLANES_BEHIND 36
#define PLANES_GROUPS 40
#define PLANES_SIZE 44

/* nmcu_depthwise_channel_t */
#define CHANNEL_MULTIPLIER 0
#define CHANNEL_OFFSET 4
#define CHANNEL_SHIFT 8
#define CHANNEL_BIAS 12
#define CHANNEL_TAPS 16
#define CHANNEL_SIZE 16

/* nmcu_depthwise_shape_t */
#define SHAPE_X_LINE 0
#define SHAPE_X_TAP 4
#define SHAPE_X_STEP 8
#define SHAPE_PLANE_BYTES 12
#define SHAPE_CHANNEL_BYTES 16
#define SHAPE_LO 20
#define SHAPE_HI 24
#define SHAPE_ZERO_POINT 28
#define SHAPE_FORM 32
#define SHAPE_TAP_LINES 36
#define SHAPE_TAP_WORDS 40
#define SHAPE_OFFSETS 44
#define SHAPE_SIZE 48

/* nmcu_depthwise_lines_t */
#define DEPTHWISE_SHAPE 0
#define DEPTHWISE_X 4
#define DEPTHWISE_Y 8
#define DEPTHWISE_CHANNEL 12
#define DEPTHWISE_CHANNELS 16
#define DEPTHWISE_LINES 20
#define DEPTHWISE_OUTPUTS 24
#define DEPTHWISE_Y_LINE 28
#define DEPTHWISE_Y_STEP 32
#define DEPTHWISE_SIZE 36

#else

#include <stddef.h>
#include <stdint.h>

/*
 * Four bytes of one pixel become one byte in each of four planes, `lines` lines of `extent` bytes; the four bytes
 * behind them go to the next four planes, `groups` times. Up to four bytes behind each line may become `pad`, those
 * `behind` it do.
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
    uint32_t behind;      /* 36: bytes, at most 4 */
    uint32_t groups;      /* 40: at least 1 */
} nmcu_planes_t;

/* One channel as the constants hold it; `taps` has `tap_words` words for each line of taps, padded with zeros. */
typedef struct {
    int32_t multiplier; /*  0 */
    int32_t offset;     /*  4: narrow: zero point << shift + bias * multiplier; wide: without the bias; mixed: limit */
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
    nmcu_requantize_t requant; /* 20 */
    uint32_t tap_lines;        /* 36 */
    uint32_t tap_words;        /* 40 */
    const int32_t *offsets;    /* 44: L1: from a window to its words; may be null */
} nmcu_depthwise_shape_t;

/*
 * Output lines of some channels. An assembly body computes whole blocks of four outputs: it writes up to three
 * outputs behind each line, in the order of the lines.
 */
typedef struct {
    const nmcu_depthwise_shape_t *shape; /*  0 */
    const int8_t *x;                     /*  4: first window in the first plane, 4-byte aligned; steps of lines, too */
    int8_t *y;                           /*  8 */
    const uint8_t *channel;              /* 12: nmcu_depthwise_channel_t */
    uint32_t channels;                   /* 16: at least 1 */
    uint32_t lines;                      /* 20: at least 1 */
    uint32_t outputs;                    /* 24: of a line, at least 1 */
    int32_t y_line;                      /* 28 */
    int32_t y_step;                      /* 32 */
} nmcu_depthwise_lines_t;

#if __SIZEOF_POINTER__ == 4
_Static_assert(offsetof(nmcu_planes_t, x) == 0, "nmcu_planes_t.x");
_Static_assert(offsetof(nmcu_planes_t, planes) == 4, "nmcu_planes_t.planes");
_Static_assert(offsetof(nmcu_planes_t, x_step) == 8, "nmcu_planes_t.x_step");
_Static_assert(offsetof(nmcu_planes_t, x_line) == 12, "nmcu_planes_t.x_line");
_Static_assert(offsetof(nmcu_planes_t, extent) == 16, "nmcu_planes_t.extent");
_Static_assert(offsetof(nmcu_planes_t, lines) == 20, "nmcu_planes_t.lines");
_Static_assert(offsetof(nmcu_planes_t, line_bytes) == 24, "nmcu_planes_t.line_bytes");
_Static_assert(offsetof(nmcu_planes_t, plane_bytes) == 28, "nmcu_planes_t.plane_bytes");
_Static_assert(offsetof(nmcu_planes_t, pad) == 32, "nmcu_planes_t.pad");
_Static_assert(offsetof(nmcu_planes_t, behind) == 36, "nmcu_planes_t.behind");
_Static_assert(offsetof(nmcu_planes_t, groups) == 40, "nmcu_planes_t.groups");
_Static_assert(sizeof(nmcu_planes_t) == 44, "nmcu_planes_t");
_Static_assert(offsetof(nmcu_depthwise_channel_t, multiplier) == 0, "nmcu_depthwise_channel_t.multiplier");
_Static_assert(offsetof(nmcu_depthwise_channel_t, offset) == 4, "nmcu_depthwise_channel_t.offset");
_Static_assert(offsetof(nmcu_depthwise_channel_t, shift) == 8, "nmcu_depthwise_channel_t.shift");
_Static_assert(offsetof(nmcu_depthwise_channel_t, bias) == 12, "nmcu_depthwise_channel_t.bias");
_Static_assert(offsetof(nmcu_depthwise_channel_t, taps) == 16, "nmcu_depthwise_channel_t.taps");
_Static_assert(sizeof(nmcu_depthwise_channel_t) == 16, "nmcu_depthwise_channel_t");
_Static_assert(offsetof(nmcu_depthwise_shape_t, x_line) == 0, "nmcu_depthwise_shape_t.x_line");
_Static_assert(offsetof(nmcu_depthwise_shape_t, x_tap) == 4, "nmcu_depthwise_shape_t.x_tap");
_Static_assert(offsetof(nmcu_depthwise_shape_t, x_step) == 8, "nmcu_depthwise_shape_t.x_step");
_Static_assert(offsetof(nmcu_depthwise_shape_t, plane_bytes) == 12, "nmcu_depthwise_shape_t.plane_bytes");
_Static_assert(offsetof(nmcu_depthwise_shape_t, channel_bytes) == 16, "nmcu_depthwise_shape_t.channel_bytes");
_Static_assert(offsetof(nmcu_depthwise_shape_t, requant) == 20, "nmcu_depthwise_shape_t.requant");
_Static_assert(offsetof(nmcu_depthwise_shape_t, tap_lines) == 36, "nmcu_depthwise_shape_t.tap_lines");
_Static_assert(offsetof(nmcu_depthwise_shape_t, tap_words) == 40, "nmcu_depthwise_shape_t.tap_words");
_Static_assert(offsetof(nmcu_depthwise_shape_t, offsets) == 44, "nmcu_depthwise_shape_t.offsets");
_Static_assert(sizeof(nmcu_depthwise_shape_t) == 48, "nmcu_depthwise_shape_t");
_Static_assert(offsetof(nmcu_depthwise_lines_t, shape) == 0, "nmcu_depthwise_lines_t.shape");
_Static_assert(offsetof(nmcu_depthwise_lines_t, x) == 4, "nmcu_depthwise_lines_t.x");
_Static_assert(offsetof(nmcu_depthwise_lines_t, y) == 8, "nmcu_depthwise_lines_t.y");
_Static_assert(offsetof(nmcu_depthwise_lines_t, channel) == 12, "nmcu_depthwise_lines_t.channel");
_Static_assert(offsetof(nmcu_depthwise_lines_t, channels) == 16, "nmcu_depthwise_lines_t.channels");
_Static_assert(offsetof(nmcu_depthwise_lines_t, lines) == 20, "nmcu_depthwise_lines_t.lines");
_Static_assert(offsetof(nmcu_depthwise_lines_t, outputs) == 24, "nmcu_depthwise_lines_t.outputs");
_Static_assert(offsetof(nmcu_depthwise_lines_t, y_line) == 28, "nmcu_depthwise_lines_t.y_line");
_Static_assert(offsetof(nmcu_depthwise_lines_t, y_step) == 32, "nmcu_depthwise_lines_t.y_step");
_Static_assert(sizeof(nmcu_depthwise_lines_t) == 36, "nmcu_depthwise_lines_t");
#endif

#endif

#endif
