/* Any function of one int8 value through a table of 256 entries. */
#ifndef NMCU_TABLE_H
#define NMCU_TABLE_H

#include "elementwise.h"
#include "rows.h"

/* One table for all values. */
typedef struct {
    nmcu_elementwise_t map;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_table_t;

void nmcu_table_run(const nmcu_table_t *layer);

/* One table for each channel. */
typedef struct {
    nmcu_rows_t rows;
    void *copy; /* L1: NMCU_LAYER_BYTES for a copy of this */
} nmcu_channel_table_t;

void nmcu_channel_table_run(const nmcu_channel_table_t *layer);

/* The hot loop, an assembly and a portable body. `op` points to entry 128, that of the value 0. */
nmcu_elementwise_fn nmcu_table_words;

#endif
