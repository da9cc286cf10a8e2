/* The published 1:M kernels (Daghero et al., MLSys 2025): values and packed offsets apart, activations gathered byte by
 * byte from an im2col buffer. In software, and with the xDecimate instruction. Beside them the dense loop of the same
 * blocking. */
#ifndef NMCU_PUBLISHED_H
#define NMCU_PUBLISHED_H

#include "records.h"

/*
 * A record of one channel:
 *   int32 bias, uint32 offset[steps], int8 value[entries], int32 multiplier, round, shift
 * with an entry for each block; offsets are 4 bits wide for M = 8 and 16 and 2 for M = 4, the first ones in the low
 * bits, 8 or 16 in a word; the last ones may be zeros. Of two channels (linear with xDecimate): the same, each part
 * of the two channels in turn, word by word.
 */
nmcu_records_fn nmcu_published_conv;        /* one channel, two pixels */
nmcu_records_fn nmcu_published_conv_xdec;   /* the same with nm.dec in its paired form */
nmcu_records_fn nmcu_published_linear;      /* one channel, one pixel */
nmcu_records_fn nmcu_published_linear_xdec; /* two channels, one pixel, nm.dec in its paired form */

/*
 * A record of one channel, dense:
 *   int32 bias, int8 value[4 * steps], int32 multiplier, round, shift
 * with a value for each byte of the im2col buffer, in which each tap is filled up to whole words.
 */
nmcu_records_fn nmcu_dense_1x2; /* one channel, two pixels */

#endif
