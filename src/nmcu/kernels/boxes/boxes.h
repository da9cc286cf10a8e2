/* Operators that only move data: boxes of a tensor are copied by DMA, through L1, between two lists of strides. */
#ifndef NMCU_BOXES_H
#define NMCU_BOXES_H

#include <stdint.h>

#define NMCU_BOX_AXES 4

/* size[0] x ... x size[3] pages of `rows` runs of `run` contiguous bytes, from byte `from` of input number `input` on
 * to byte `to` of the output. */
typedef struct {
    uint32_t input, from, to;
    uint32_t size[NMCU_BOX_AXES];
    int32_t from_stride[NMCU_BOX_AXES], to_stride[NMCU_BOX_AXES];
    uint32_t rows, run;
    int32_t from_row, to_row; /* bytes from run to run */
} nmcu_box_t;

typedef struct {
    const int8_t *const *inputs; /* L2 */
    int8_t *output;              /* L2 */
    const nmcu_box_t *boxes;     /* they do not overlap in the output */
    uint32_t count;
    uint32_t fill_bytes; /* of the output that are set to `value` before, or 0 */
    int32_t value;
    int8_t *staging; /* L1: staging_bytes for each core */
    uint32_t staging_bytes;
} nmcu_boxes_t;

/* Run the layer. Called by all cores. */
void nmcu_boxes_run(const nmcu_boxes_t *layer);

#endif
