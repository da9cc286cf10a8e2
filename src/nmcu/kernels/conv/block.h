/* The hot loop of a convolution: some pixels times groups of four output channels. */
#ifndef NMCU_CONV_BLOCK_H
#define NMCU_CONV_BLOCK_H

#include "conv_layouts.h"
#include "requantize.h"

typedef void nmcu_block_fn(const nmcu_block_t *block);

#endif
