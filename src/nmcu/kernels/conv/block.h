/* The hot loops of a convolution: blocks of pixels times groups of four output channels; windows copied to words. */
#ifndef NMCU_CONV_BLOCK_H
#define NMCU_CONV_BLOCK_H

#include "conv_layouts.h"
#include "requantize.h"

typedef void nmcu_block_fn(nmcu_block_t *block);

/* An assembly and a portable body. */
void nmcu_copy_windows(const nmcu_windows_t *windows);

#endif
