/* Element-wise operators: flat chunks of bytes through L1, double-buffered and shared among the cores. */
#ifndef NMCU_ELEMENTWISE_H
#define NMCU_ELEMENTWISE_H

#include <stdint.h>

#define NMCU_ELEMENTWISE_AXES 4

/*
 * What an operator brings: y[i] = f(a[i], b[i]) for 4 * `words` bytes (`words` >= 1, any alignment). `op` are the
 * operator's own parameters, in L1; `b` is null for one operand.
 */
typedef void nmcu_elementwise_fn(const void *op, int8_t *y, const int8_t *a, const int8_t *b, uint32_t words);

/*
 * One operand. Usually it has as many bytes as the output and comes in chunks. A broadcast operand (`bytes` is not 0)
 * is copied to L1 once, or read from L2 where it lies if it is too large (`tile` is null), and walked by strides.
 */
typedef struct {
    const int8_t *data; /* L2, or L1 where there are no tiles */
    int8_t
        *tile[2]; /* L1: alternating chunks, or the copy of a broadcast operand; null: it is used in place */
    uint32_t bytes;
    int32_t stride[NMCU_ELEMENTWISE_AXES]; /* bytes along the output's axes, 0 where it repeats */
} nmcu_operand_t;

typedef struct {
    nmcu_operand_t operand[2];
    uint32_t operands;
    int8_t *output;      /* L2, or L1 where there are no tiles */
    int8_t *out_tile[2]; /* L1; null: results are written in place */
    uint32_t bytes;      /* of the output */
    uint32_t chunk;      /* bytes of a chunk, a multiple of 4 */
    uint32_t chunks;
    uint32_t
        size[NMCU_ELEMENTWISE_AXES]; /* the output's axes, innermost last; used if an operand is broadcast */
    const uint8_t *constants;        /* L2: copied to constants_copy before the first chunk, or null */
    void *constants_copy;            /* L1 */
    uint32_t constant_bytes;
    nmcu_elementwise_fn *fn;
} nmcu_elementwise_t;

/* Run the layer. `map` and `op` are in L1. Called by all cores. */
void nmcu_elementwise_run(const nmcu_elementwise_t *map, const void *op);

#endif
