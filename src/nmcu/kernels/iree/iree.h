/* Runs what IREE compiled: the functions of its static library over workgroups, in the order of its schedule. */
#ifndef NMCU_IREE_H
#define NMCU_IREE_H

#include <stddef.h>
#include <stdint.h>

#include "nmcu_hal.h"

#define NMCU_IREE_BUFFERS 16
#define NMCU_IREE_BINDINGS 16

/* What a function is called with (version 6 of IREE's libraries): the grid of workgroups and its operands, */
typedef struct {
    uint32_t workgroup_size_x, workgroup_size_y;
    uint16_t workgroup_size_z;
    uint16_t constant_count;
    uint32_t workgroup_count_x, workgroup_count_y;
    uint16_t workgroup_count_z;
    uint8_t max_concurrency;
    uint8_t binding_count;
    const uint32_t *constants;
    void *const *binding_pointers;
    const size_t *binding_lengths;
} nmcu_iree_dispatch_t;

/* and which workgroup it is to compute. */
typedef struct {
    uint32_t workgroup_id_x, workgroup_id_y;
    uint16_t workgroup_id_z;
    uint16_t reserved;
    uint32_t processor_id;
    void *local_memory;
    uint32_t local_memory_size;
} nmcu_iree_workgroup_t;

typedef int nmcu_iree_function_t(const void *environment, const nmcu_iree_dispatch_t *dispatch,
                                 const nmcu_iree_workgroup_t *workgroup);

/* A range of buffer number `buffer`. */
typedef struct {
    uint32_t buffer, offset, bytes;
} nmcu_iree_range_t;

/* One call of the schedule: of `function`, for each workgroup. */
typedef struct {
    nmcu_iree_function_t *function;
    uint16_t count_x, count_y, count_z;
    uint8_t bindings, constants;
    const nmcu_iree_range_t *ranges;
    const uint32_t *values;
} nmcu_iree_call_t;

/* A layer: `run` follows its schedule over `buffers`: constants, memory for the time of the run, inputs and outputs.
 * Each core has `local_bytes` of `local`. */
typedef struct nmcu_iree {
    void (*run)(const struct nmcu_iree *layer);
    int8_t *buffers[NMCU_IREE_BUFFERS];
    const int8_t *constants; /* are copied to buffer 0, where they are not in it already */
    uint32_t constant_bytes;
    int8_t *local;
    uint32_t local_bytes;
    uint32_t slices; /* 0, or each core follows the schedule alone, over its own slice of the buffers: */
    uint32_t strides[NMCU_IREE_BUFFERS]; /* bytes from one core's slice to the next */
} nmcu_iree_t;

void nmcu_iree_run(const nmcu_iree_t *layer);

/* Before the commands of a step, from 1 on, which need what steps before it have made. */
void nmcu_iree_step(const nmcu_iree_t *layer, uint32_t number);

/* Commands of a schedule, called by all cores. `next` is the core that takes the first of the next command's
 * workgroups; each command returns the one after its own last. */
uint32_t nmcu_iree_call(const nmcu_iree_t *layer, const nmcu_iree_call_t *call, uint32_t next);
uint32_t nmcu_iree_fill(const nmcu_iree_t *layer, nmcu_iree_range_t target, uint32_t pattern, uint32_t next);
uint32_t nmcu_iree_copy(const nmcu_iree_t *layer, nmcu_iree_range_t source, nmcu_iree_range_t target,
                        uint32_t next);

#endif
