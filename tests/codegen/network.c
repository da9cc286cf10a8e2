/* conv_linear: 3 layers, N cycles predicted. */

#include "network.h"

#include "byte_gather.h"
#include "conv.h"
#include "dense.h"
#include "records.h"
#include "nmcu_hal.h"

/* Working buffers of one layer after the other. */
static int8_t l1[3200] NMCU_L1;

int8_t input_image_q[192] NMCU_L2;
int8_t output_scores[10] NMCU_L2;

/* Activations between layers, in L2. */
static int8_t l2[1024] NMCU_L2;
#define t_features (l2 + 0)

/* Packed weights (weights.S). */
extern const uint8_t layer_conv_weights[];
extern const uint8_t layer_classifier_weights[];

/* conv "conv": 1x8x8x3 -> 1x8x8x16, 27648 MACs, by dense_4x4 */
static const nmcu_conv_t layer_conv = {
    .weighted = {
        .window = {
            .input = input_image_q,
            .output = t_features,
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
            .slab = {l1 + 0, l1 + 0},
            .out_tile = {l1 + 320, l1 + 320},
        },
        .weights = layer_conv_weights,
        .weight_tile = {l1 + 1344, l1 + 1344},
        .record_bytes = 208,
        .record_shift = 2,
    },
    .block = nmcu_dense_4x4,
    .requant = {
        .lo = 4,
        .hi = 127,
        .zero_point = 4,
        .form = NMCU_NARROW,
    },
    .segments = 3,
    .segment_words = 3,
    .pixels = 4,
    .flat = 0,
};

/* linear "classifier": 1x1024 -> 1x10, 10240 MACs, by byte_gather_g4 */
static const nmcu_records_t layer_classifier = {
    .weighted = {
        .window = {
            .input = t_features,
            .output = output_scores,
            .in_height = 1,
            .in_width = 1,
            .in_channels = 1024,
            .out_height = 1,
            .out_width = 1,
            .out_channels = 10,
            .out_pitch = 10,
            .kernel_height = 1,
            .kernel_width = 1,
            .stride_height = 1,
            .stride_width = 1,
            .dilation_height = 1,
            .dilation_width = 1,
            .pad_top = 0,
            .pad_left = 0,
            .slab_width = 1,
            .tile_rows = 1,
            .row_tiles = 1,
            .tile_channels = 12,
            .channel_tiles = 1,
            .channelwise = 0,
            .rows_innermost = 0,
            .pad_value = 0,
            .slab = {l1 + 0, l1 + 0},
            .out_tile = {l1 + 1040, l1 + 1040},
        },
        .weights = layer_classifier_weights,
        .weight_tile = {l1 + 1056, l1 + 1056},
        .record_bytes = 708,
        .record_shift = 2,
    },
    .block = nmcu_byte_gather_g4,
    .im2col = 0,
    .im2col_bytes = 4,
    .requant = {
        .lo = -128,
        .hi = 127,
        .zero_point = 0,
        .form = NMCU_NARROW,
    },
    .steps = 32,
    .tap_bytes = 1024,
    .m = 8,
    .pixels = 1,
    .record_channels = 4,
    .flat = 1,
};

void network_run(void)
{
    nmcu_region(1);
    nmcu_conv_run(&layer_conv);
    nmcu_region(3);
    nmcu_records_run(&layer_classifier);
    nmcu_region(0);
}
