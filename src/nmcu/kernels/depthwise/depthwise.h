/* Depthwise convolution: groups of four channels of a tile are turned into planes, where taps are neighbours. Each has
 * as many output channels as the map's `channelwise` says. */
#ifndef NMCU_DEPTHWISE_H
#define NMCU_DEPTHWISE_H

#include "depthwise_layouts.h"
#include "requantize.h"
#include "weighted.h"

typedef void nmcu_depthwise_fn(const nmcu_depthwise_lines_t *lines);

/* The hot loops, each with an assembly and a portable body. */
void nmcu_planes(const nmcu_planes_t *planes);
/* `words` of each of `count` planes, `step` bytes apart; at least 1 of both. */
void nmcu_planes_fill(void *planes, int32_t value, uint32_t words, uint32_t count, uint32_t step);

/* Lines of outputs. In the narrow form any channels, limited to int8 or, with `_clamp`, to any range; else channels of
 * the same kind: `_clipped` narrow ones of the mixed form, `_wide` wide ones. */
#define NMCU_DEPTHWISE_LOOP(name) nmcu_depthwise_fn name, name##_clamp, name##_clipped, name##_wide;
NMCU_DEPTHWISE_LOOP(nmcu_depthwise_3x3)       /* 3 taps on 3 lines, step 1 */
NMCU_DEPTHWISE_LOOP(nmcu_depthwise_columns_1) /* 3 taps on 3 lines, step 1 along and across */
NMCU_DEPTHWISE_LOOP(nmcu_depthwise_columns_2) /* step 2 */
NMCU_DEPTHWISE_LOOP(nmcu_depthwise_3x4)       /* 3 lines of one word of taps, any step */
NMCU_DEPTHWISE_LOOP(nmcu_depthwise_5x8)       /* 5 lines of two words, any step */
NMCU_DEPTHWISE_LOOP(nmcu_depthwise_words_1)   /* any lines of together one word, any step */
NMCU_DEPTHWISE_LOOP(nmcu_depthwise_words_2)
NMCU_DEPTHWISE_LOOP(nmcu_depthwise_words_3)
NMCU_DEPTHWISE_LOOP(nmcu_depthwise_words_4)
NMCU_DEPTHWISE_LOOP(nmcu_depthwise_words_5)
NMCU_DEPTHWISE_LOOP(nmcu_depthwise_words_6)
NMCU_DEPTHWISE_LOOP(nmcu_depthwise_words_7)
NMCU_DEPTHWISE_LOOP(nmcu_depthwise_words_8)
NMCU_DEPTHWISE_LOOP(nmcu_depthwise_taps) /* anything */

/* The windows along one axis of the map. */
typedef struct {
    uint16_t kernel, stride, dilation;
    uint16_t pad;  /* before the map */
    uint16_t size; /* of the map */
} nmcu_depthwise_axis_t;

typedef struct {
    nmcu_weighted_t weighted;            /* channelwise; a record is an nmcu_depthwise_channel_t */
    nmcu_depthwise_axis_t along, across; /* of lines: rows of the map, or columns (`vertical`) */
    nmcu_depthwise_fn *fn, *wide_fn;     /* `wide_fn` for wide channels of the mixed form */
    void *planes;                        /* L1: four planes for each of a core's `groups` */
    uint32_t line_bytes;
    nmcu_depthwise_shape_t shape;
    uint8_t vertical;
    uint8_t
        lead; /* outputs computed in front of each line, so that the planes' inputs are aligned (with one row tile) */
    uint8_t parts;        /* shares of the lines of groups that are left when all cores have as many */
    uint8_t fewer;        /* groups in a tile than cores: planes hold a share's lines */
    uint8_t same_padding; /* padding lies at the same bytes of the planes for all tiles, but those shares' */
    uint16_t groups;      /* of four channels that a core takes on at a time */
    void *copy;           /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_depthwise_t;

/* Run the layer. Called by all cores. */
void nmcu_depthwise_run(const nmcu_depthwise_t *layer);

#endif
