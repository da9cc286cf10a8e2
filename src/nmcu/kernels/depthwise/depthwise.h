/* Depthwise convolution: four channels of a tile at a time are turned into planes, where taps are neighbours. */
#ifndef NMCU_DEPTHWISE_H
#define NMCU_DEPTHWISE_H

#include "depthwise_layouts.h"
#include "requantize.h"
#include "weighted.h"

typedef void nmcu_depthwise_fn(const nmcu_depthwise_lines_t *lines);

/* The hot loops, each with an assembly and a portable body. */
void nmcu_planes(const nmcu_planes_t *planes);
void nmcu_planes_fill(void *planes, int32_t value, uint32_t words); /* at least 1 word */
nmcu_depthwise_fn nmcu_depthwise_3x3;       /* 3 taps on 3 lines, step 1, narrow form, clamp to -128..127 */
nmcu_depthwise_fn nmcu_depthwise_3x3_clamp; /* the same with any clamp */
nmcu_depthwise_fn nmcu_depthwise_3x3_wide;  /* the same in the wide form */
nmcu_depthwise_fn nmcu_depthwise_3x4;      /* 3 lines of one word of taps, any step, narrow form, any clamp */
nmcu_depthwise_fn nmcu_depthwise_3x4_wide; /* the same in the wide form */
nmcu_depthwise_fn nmcu_depthwise_5x8;      /* 5 lines of two words of taps */
nmcu_depthwise_fn nmcu_depthwise_5x8_wide;
nmcu_depthwise_fn nmcu_depthwise_any; /* anything; portable only */

/* The windows along one axis of the map. */
typedef struct {
    uint16_t kernel, stride, dilation;
    uint16_t pad;  /* before the map */
    uint16_t size; /* of the map */
} nmcu_depthwise_axis_t;

typedef struct {
    nmcu_weighted_t weighted;            /* channelwise; a record is an nmcu_depthwise_channel_t */
    nmcu_depthwise_axis_t along, across; /* of lines: rows of the map, or columns (`vertical`) */
    nmcu_depthwise_fn *fn;
    void *planes; /* L1: four planes for each core */
    uint32_t line_bytes;
    nmcu_depthwise_shape_t shape;
    uint8_t vertical;
    uint8_t
        lead; /* outputs computed in front of each line, so that the planes' inputs are aligned (with one row tile) */
    uint8_t parts; /* shares that the lines of four channels are cut into, for cores that have no channels */
    void *copy;    /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_depthwise_t;

/* Run the layer. Called by all cores. */
void nmcu_depthwise_run(const nmcu_depthwise_t *layer);

#endif
