/* Average and maximum pooling. */
#ifndef NMCU_POOL_H
#define NMCU_POOL_H

#include "pool_layouts.h"
#include "requantize.h"
#include "window.h"

typedef struct {
    nmcu_window_t window; /* channelwise; padding is left out of the windows, so nothing is written there */
    const nmcu_pool_class_t *classes; /* L2; null: the maximum */
    void *classes_copy;               /* L1 */
    uint16_t class_count;
    uint16_t pad_left;
    nmcu_requantize_t requant;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_pool_t;

/* Run the layer. Called by all cores. */
void nmcu_pool_run(const nmcu_pool_t *layer);

/* The hot loops, each with an assembly and a portable body: y[4 * groups] or sums[4 * groups] of one window. */
void nmcu_pool_maximum(const nmcu_pool_window_t *window, int8_t *y);
void nmcu_pool_sums(const nmcu_pool_window_t *window, int32_t *sums);

#endif
