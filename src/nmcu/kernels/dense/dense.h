/* Dense block functions: 8-bit dot products over four channels at a time. Each has an assembly and a portable body. */
#ifndef NMCU_DENSE_H
#define NMCU_DENSE_H

#include "block.h"

nmcu_block_fn nmcu_dense_4x4;       /* four channels, four pixels: 24 instructions for 64 MACs */
nmcu_block_fn nmcu_dense_4x4_table; /* the same, and each result is looked up */
nmcu_block_fn
    nmcu_dense_4x2; /* four channels, two pixels: the loop of PULP-NN (Garofalo et al., 2020), 14 for 32 */
nmcu_block_fn nmcu_dense_4xn; /* four channels, one pixel after the other: windows of one or two words */
nmcu_block_fn nmcu_dense_4x1; /* four channels, one pixel: fully-connected layers of one token, 9 for 16 */

#endif
