/* conv_linear: int8 network for cluster8, xcv, made by nmcu. */
#ifndef CONV_LINEAR_H
#define CONV_LINEAR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `arena` of conv_linear_init: working memory, which holds everything that a run writes and all that lasts
 * from run to run. */
#define CONV_LINEAR_ARENA_BYTES 48
/* `fast` of conv_linear_init: fast memory that kernels compute in: it holds nothing between runs. */
#define CONV_LINEAR_FAST_BYTES 21584
#define CONV_LINEAR_ALIGNMENT 16 /* of memory, in bytes */

/* Inputs and outputs: number, elements, bytes. Maps are in the order height, width, channels. An integer
 * stands for (integer - ZERO_POINT) * SCALE; values beyond its range are its limits. */
#define CONV_LINEAR_INPUTS 1
#define CONV_LINEAR_OUTPUTS 1
#define CONV_LINEAR_TENSOR_ALIGNMENT 4 /* of inputs and outputs, in bytes */

/* input 0, "image": int8_t, 1x8x8x3 */
#define CONV_LINEAR_INPUT_IMAGE 0
#define CONV_LINEAR_INPUT_IMAGE_SIZE 192
#define CONV_LINEAR_INPUT_IMAGE_BYTES 192
#define CONV_LINEAR_INPUT_IMAGE_SCALE 0.02f
#define CONV_LINEAR_INPUT_IMAGE_ZERO_POINT (-3)

/* output 0, "logits": int8_t, 1x10 */
#define CONV_LINEAR_OUTPUT_LOGITS 0
#define CONV_LINEAR_OUTPUT_LOGITS_SIZE 10
#define CONV_LINEAR_OUTPUT_LOGITS_BYTES 10
#define CONV_LINEAR_OUTPUT_LOGITS_SCALE 2.0f
#define CONV_LINEAR_OUTPUT_LOGITS_ZERO_POINT 0

/* CONV_LINEAR_LAYERS layers; numbers count from 0. CONV_LINEAR_CORES cores run them together, every one of
 * which calls conv_linear_run. */
#define CONV_LINEAR_LAYERS 3
#ifndef CONV_LINEAR_CORES
#if defined(__riscv) && __riscv_xlen == 32
#define CONV_LINEAR_CORES 8
#else
#define CONV_LINEAR_CORES 1
#endif
#endif

/* Stack that conv_linear_run needs, in bytes on each core, compiled with -O2; what a callback takes comes
 * on top. */
#define CONV_LINEAR_STACK_BYTES 1664

/* What functions return. */
typedef enum {
    CONV_LINEAR_OK = 0, /* done */
    CONV_LINEAR_NULL = 1, /* a pointer is null */
    CONV_LINEAR_MISALIGNED = 2, /* memory or a tensor does not lie at a multiple of the bytes that it needs */
    CONV_LINEAR_TOO_SMALL = 3, /* memory has fewer bytes than it needs */
    CONV_LINEAR_NOT_INITIALISED = 4, /* the arena was not given to conv_linear_init, or written over since */
    CONV_LINEAR_WRONG_SIZE = 5, /* a tensor has another number of bytes than the network's */
    CONV_LINEAR_OVERLAP = 6, /* an output, or memory of the network, lies over something else that was given */
    CONV_LINEAR_NOT_A_CORE = 7, /* the calling core is none of the first CONV_LINEAR_CORES */
} conv_linear_status_t;

/* A tensor that the caller gives: where it lies, and its bytes. */
typedef struct {
    const void *data;
    size_t bytes;
} conv_linear_input_t;
typedef struct {
    void *data;
    size_t bytes;
} conv_linear_output_t;

/* Told on every core that layer number `layer` begins; CONV_LINEAR_LAYERS: the run ends. A network that
 * runs some of its layers by rows comes back to them. */
typedef void conv_linear_on_layer_t(void *context, uint32_t layer);

/* Makes memory ready for runs, with states as before the first one. Called by one core, before the others
 * run. The memory belongs to the network until its last run; several networks, or several of one, have
 * memory of their own each. */
conv_linear_status_t conv_linear_init(void *arena, size_t bytes, void *fast, size_t fast_bytes);

/* Runs the network once: reads CONV_LINEAR_INPUTS inputs and writes CONV_LINEAR_OUTPUTS outputs, in the
 * order of their numbers. Nothing is written besides the outputs and the memory given to conv_linear_init;
 * up to 16 bytes behind an input may be read and are not used. Every core of CONV_LINEAR_CORES calls it
 * with the same arguments and returns when all are done; core numbers are mhartid. */
conv_linear_status_t conv_linear_run(void *arena, const conv_linear_input_t *inputs,
                                     const conv_linear_output_t *outputs);

/* Nothing lasts from run to run: it only says whether the arena is ready. Called by one core, before the
 * others run. */
conv_linear_status_t conv_linear_reset(void *arena);

/* Calls `on_layer` with `context` in every run from now on, between the layers: for progress, a watchdog,
 * a profile. Null ends it. Called by one core, before the others run. */
conv_linear_status_t conv_linear_on_layer(void *arena, conv_linear_on_layer_t *on_layer, void *context);

/* The layer's name in the model; null where there is no such layer. */
const char *conv_linear_layer_name(uint32_t layer);

#ifdef __cplusplus
}
#endif

#endif
