/* Byte gather with gmac: sparse fully-connected layers of a single token (docs/gmac.md). */
#ifndef NMCU_BYTE_GATHER_MAC_H
#define NMCU_BYTE_GATHER_MAC_H

#include "records.h"

/*
 * One channel, one non-zero in every block of M inputs, in the order in which it is read; a word of offsets has 16 of
 * 2 bits for M = 4, eight of 4 bits else, the first in the low bits:
 *   {int8 value[4], uint32 offsets, int8 value[4 or 12]}[steps]
 *   int32 bias, unless the form is narrow
 *   int32 {multiplier, round, shift}; in the narrow form, the bias times the multiplier is part of the round
 */
nmcu_records_fn nmcu_byte_gather_mac;

/*
 * Four channels that share positions: what is gathered is the factor, and the word that it multiplies holds the weights
 * of the four. A record as in byte_gather.h, n = 4 * steps entries, but for the order of its weights:
 *   int32 bias[4], uint8 distance[1 + n] filled up, int8 value[n][4], int32 {multiplier, round, shift}[4]
 */
nmcu_records_fn nmcu_byte_gather_mac_g4;

#endif
