/* Byte gather: N:M-sparse fully-connected layers of a single token, with distance bytes. */
#ifndef NMCU_BYTE_GATHER_H
#define NMCU_BYTE_GATHER_H

#include "records.h"

/*
 * A record of C channels that share positions, of n = 4 * steps entries:
 *   int32 bias[C]
 *   uint8 distance[1 + n], filled up to a multiple of four bytes: from the first input byte to the first entry's,
 *     then from each entry's to the next one's
 *   int8 value[steps][C][4]
 *   int32 {multiplier, round, shift}[C]
 */
nmcu_records_fn nmcu_byte_gather_g1; /* one channel: 12 instructions for 4 MACs */
nmcu_records_fn nmcu_byte_gather_g4; /* four channels: 18 for 16 */

#endif
