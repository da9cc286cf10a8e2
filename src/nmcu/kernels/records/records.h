/* Layers whose weights are records, one for each output channel or few, by two pixels: the driver of the published
 * convolution. One of a single token is in token.h. */
#ifndef NMCU_RECORDS_H
#define NMCU_RECORDS_H

#include <stdint.h>

#include "records_layouts.h"
#include "requantize.h"
#include "weighted.h"

typedef void nmcu_records_fn(const nmcu_records_block_t *block);

/* Copy `words` words between any addresses, `to` word-aligned. */
void nmcu_copy_words(int8_t *to, const int8_t *from, unsigned words);

typedef struct {
    nmcu_weighted_t weighted;
    nmcu_records_fn *block;
    int8_t *im2col;        /* L1: two buffers for each core */
    uint32_t im2col_bytes; /* of one buffer */
    nmcu_requantize_t requant;
    uint16_t steps;
    uint16_t tap_bytes; /* channels of a tap, filled up to whole blocks */
    uint8_t m;
    uint8_t flat;
} nmcu_records_t;

static inline int32_t nmcu_record_word(const uint8_t *at)
{
    return *(const int32_t *)(const void *)at;
}

/* Run the layer. Called by all cores. */
void nmcu_records_run(const nmcu_records_t *layer);

#endif
