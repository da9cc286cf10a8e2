/* conv_linear: 3 layers, N cycles predicted. */

#include "conv_linear.h"

#include "ahead.h"
#include "byte_gather.h"
#include "conv.h"
#include "dense.h"
#include "token.h"
#include "nmcu_hal.h"

#include <string.h>

/* A layer's function: its descriptor is on the stack only while it runs. */
#define NETWORK_LAYER void __attribute__((noinline))

/* What the arena begins with. */
typedef struct {
    uint32_t made_for;
    conv_linear_on_layer_t *on_layer;
    void *context;
    int8_t *fast;
} head_t;

_Static_assert(sizeof(head_t) <= 48, "the arena's head");

/* What a run works on. */
typedef struct {
    conv_linear_on_layer_t *on_layer;
    void *context;
    int8_t *l1;
    int8_t *input[1];
    int8_t *output[1];
} places_t;

/* Packed weights and tables. */
extern const uint32_t conv_linear_weights[];
#define WEIGHTS ((const uint8_t *)conv_linear_weights)

/* conv "conv": 1x8x8x3 -> 1x8x8x16, 27648 MACs, by im2col_4x4 */
static const nmcu_conv_t layer_conv = {
    .weighted = {
        .window = {
            .in_height = 8,
            .in_width = 8,
            .in_channels = 3,
            .out_height = 8,
            .out_width = 8,
            .out_channels = 16,
            .out_pitch = 16,
            .kernel_height = 3,
            .kernel_width = 3,
            .stride_height = 1,
            .stride_width = 1,
            .dilation_height = 1,
            .dilation_width = 1,
            .pad_top = 1,
            .pad_left = 1,
            .slab_width = 10,
            .tile_rows = 8,
            .row_tiles = 1,
            .tile_channels = 16,
            .channel_tiles = 1,
            .channelwise = 0,
            .rows_innermost = 0,
            .pad_value = -3,
            .near = 0,
            .out_tile = {0, 0},
        },
        .weights = (WEIGHTS + 0),
        .record_bytes = 228,
        .record_shift = 2,
    },
    .block = nmcu_dense_4x4,
    .requant = {
        .lo = 4,
        .hi = 127,
        .zero_point = 4,
        .form = NMCU_WIDE,
    },
    .segments = 1,
    .segment_words = 7,
    .pixels = 4,
    .depth = 3,
    .group_records = 4,
    .flat = 0,
    .copied_blocks = 16,
    .window_bytes = 32,
    .whole_blocks = 1,
};

static NETWORK_LAYER run_conv(const places_t *at)
{
    nmcu_conv_t *const layer = (nmcu_conv_t *)(void *)(at->l1 + 1232);

    if (nmcu_core_id() == 0) {
        nmcu_dma_wait(nmcu_dma_start_1d(layer, &layer_conv, sizeof layer_conv));
        layer->weighted.window.input = at->input[0];
        layer->weighted.window.output = at->l1 + 20512;
        layer->weighted.window.slab[0] = at->l1 + 0;
        layer->weighted.window.slab[1] = at->l1 + 0;
        layer->weighted.weight_tile[0] = at->l1 + 320;
        layer->weighted.weight_tile[1] = at->l1 + 320;
        layer->windows = at->l1 + 1616;
        layer->copy = at->l1 + 1232;
    }
    nmcu_barrier();
    nmcu_conv_run(layer);
}

/* linear "classifier": 1x1024 -> 1x10, 10240 MACs, by byte_gather_g4 */
static const nmcu_token_t layer_classifier = {
    .x = 0,
    .parts = {0, 0},
    .block = nmcu_byte_gather_g4,
    .requant = {
        .lo = -128,
        .hi = 127,
        .zero_point = 0,
        .form = NMCU_NARROW,
    },
    .record_bytes = 708,
    .inputs = 1024,
    .channels = 10,
    .part = 1,
    .cores = 8,
    .steps = 32,
    .m = 8,
    .record_shift = 2,
};

static NETWORK_LAYER run_classifier(const places_t *at)
{
    nmcu_token_t *const layer = (nmcu_token_t *)(void *)(at->l1 + 18000);

    if (nmcu_core_id() == 0) {
        layer->input = at->l1 + 20512;
        layer->output = at->output[0];
        layer->y = at->l1 + 0;
        layer->weights = (const uint8_t *)(at->l1 + 18384);
        layer->copy = at->l1 + 18000;
    }
    nmcu_barrier();
    nmcu_token_run(layer);
}

#define MADE_FOR N

static conv_linear_status_t check_memory(const void *memory, size_t bytes, size_t needed)
{
    if (!memory) return CONV_LINEAR_NULL;
    if ((uintptr_t)memory % CONV_LINEAR_ALIGNMENT) return CONV_LINEAR_MISALIGNED;
    return bytes < needed ? CONV_LINEAR_TOO_SMALL : CONV_LINEAR_OK;
}

static conv_linear_status_t check_arena(const void *arena)
{
    const conv_linear_status_t status = check_memory(arena, CONV_LINEAR_ARENA_BYTES, CONV_LINEAR_ARENA_BYTES);

    if (status) return status;
    return ((const head_t *)arena)->made_for == MADE_FOR ? CONV_LINEAR_OK : CONV_LINEAR_NOT_INITIALISED;
}

static int overlap(const void *a, size_t a_bytes, const void *b, size_t b_bytes)
{
    return (uintptr_t)a < (uintptr_t)b + b_bytes && (uintptr_t)b < (uintptr_t)a + a_bytes;
}

/* Whether a tensor lies over memory given to conv_linear_init. */
static int in_memory(const void *arena, const void *data, size_t bytes)
{
    const head_t *const head = arena;

    return overlap(data, bytes, arena, CONV_LINEAR_ARENA_BYTES) ||
           overlap(data, bytes, head->fast, CONV_LINEAR_FAST_BYTES);
}

conv_linear_status_t conv_linear_init(void *arena, size_t bytes, void *fast, size_t fast_bytes)
{
    head_t *const head = arena;
    conv_linear_status_t status = CONV_LINEAR_OK;

    if (!status) status = check_memory(arena, bytes, CONV_LINEAR_ARENA_BYTES);
    if (!status) status = check_memory(fast, fast_bytes, CONV_LINEAR_FAST_BYTES);
    if (!status && overlap(arena, CONV_LINEAR_ARENA_BYTES, fast, CONV_LINEAR_FAST_BYTES)) status = CONV_LINEAR_OVERLAP;
    if (status) return status;
    memset(head, 0, sizeof *head);
    head->fast = fast;
    head->made_for = MADE_FOR;
    return conv_linear_reset(arena);
}

conv_linear_status_t conv_linear_reset(void *arena)
{
    const conv_linear_status_t status = check_arena(arena);

    if (status) return status;
    return CONV_LINEAR_OK;
}

conv_linear_status_t conv_linear_on_layer(void *arena, conv_linear_on_layer_t *on_layer, void *context)
{
    head_t *const head = arena;
    const conv_linear_status_t status = check_arena(arena);

    if (status) return status;
    head->on_layer = on_layer;
    head->context = context;
    return CONV_LINEAR_OK;
}

const char *conv_linear_layer_name(uint32_t layer)
{
    static const char *const names[] = {
        "conv",
        "flatten",
        "classifier",
    };

    return layer < CONV_LINEAR_LAYERS ? names[layer] : 0;
}

static conv_linear_status_t check_tensor(const void *data, size_t bytes, size_t needed)
{
    if (!data) return CONV_LINEAR_NULL;
    if ((uintptr_t)data % CONV_LINEAR_TENSOR_ALIGNMENT) return CONV_LINEAR_MISALIGNED;
    return bytes == needed ? CONV_LINEAR_OK : CONV_LINEAR_WRONG_SIZE;
}

static conv_linear_status_t check_run(const void *arena, const conv_linear_input_t *in,
                                 const conv_linear_output_t *out)
{
    static const uint32_t in_bytes[] = {192}, out_bytes[] = {10};
    conv_linear_status_t status = check_arena(arena);

    if (nmcu_core_id() >= CONV_LINEAR_CORES) return CONV_LINEAR_NOT_A_CORE;
    if (!status && (!in || !out)) status = CONV_LINEAR_NULL;
    for (unsigned i = 0; i < CONV_LINEAR_INPUTS && !status; i++) {
        status = check_tensor(in[i].data, in[i].bytes, in_bytes[i]);
        if (!status && in_memory(arena, in[i].data, in_bytes[i]))
            status = CONV_LINEAR_OVERLAP;
    }
    for (unsigned i = 0; i < CONV_LINEAR_OUTPUTS && !status; i++) {
        status = check_tensor(out[i].data, out[i].bytes, out_bytes[i]);
        if (!status && in_memory(arena, out[i].data, out_bytes[i]))
            status = CONV_LINEAR_OVERLAP;
        for (unsigned j = 0; j < CONV_LINEAR_INPUTS && !status; j++)
            if (overlap(out[i].data, out_bytes[i], in[j].data, in_bytes[j])) status = CONV_LINEAR_OVERLAP;
        for (unsigned j = 0; j < i && !status; j++)
            if (overlap(out[i].data, out_bytes[i], out[j].data, out_bytes[j])) status = CONV_LINEAR_OVERLAP;
    }
    return status;
}

static void begin(const places_t *at, uint32_t layer)
{
    if (at->on_layer) at->on_layer(at->context, layer);
}

conv_linear_status_t conv_linear_run(void *arena, const conv_linear_input_t *inputs,
                                     const conv_linear_output_t *outputs)
{
    const head_t *const head = arena;
    const conv_linear_status_t status = check_run(arena, inputs, outputs);

    if (status) return status;
    const places_t places = {
        .on_layer = head->on_layer,
        .context = head->context,
        .l1 = head->fast + 0,
        .input = {(int8_t *)(uintptr_t)inputs[0].data},
        .output = {(int8_t *)(uintptr_t)outputs[0].data},
    }, *const at = &places;
    uint32_t ahead = 0; /* the last copy to L1 that was started before the layer that needs it */

    begin(at, 0);
    ahead = nmcu_ahead(at->l1 + 18000, &layer_classifier, sizeof layer_classifier);
    ahead = nmcu_ahead(at->l1 + 18384, (WEIGHTS + 912), 2124);
    run_conv(at);
    begin(at, 2);
    nmcu_ahead_wait(ahead);
    run_classifier(at);
    begin(at, CONV_LINEAR_LAYERS);
    return CONV_LINEAR_OK;
}
