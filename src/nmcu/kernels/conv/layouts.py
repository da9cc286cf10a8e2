"""What the block functions of convolutions get."""

from nmcu.kernels.common.layouts import CHANNELS4, REQUANTIZE
from nmcu.kernels.layout import Field, Layout

INCLUDES = ("common_layouts.h",)

BLOCK = Layout(
    "nmcu_block_t",
    "BLOCK",
    """\
What a block function gets. It computes `groups` consecutive groups of four output channels for `blocks` consecutive
blocks of up to four pixels each, requantises and writes four int8 per pixel and group. x, y and blocks are used up.

x         first input byte of the window of each pixel of the first block, in L1, any alignment
x_step    bytes from a block's windows to the next one's
y         first output byte of the first pixel; a group's four channels are one word
y_pitch   bytes from a pixel's output to the next one's, blocks following each other
weights   packed groups: nmcu_channels4_t (of nmcu_dense_4x4: nmcu_group4_t), then for every segment and every four
          consecutive positions of the reduction axis one word for each of the four channels
segments  runs of contiguous input bytes that make up a window, `segment_words` words each (the weights of the last
          word are padded with zeros, so bytes behind a run may be anything)
jumps     for each segment, what brings the input pointers from its end to the next one's start; the last one brings
          them back to the first
add       null, or how a residual is added to the results (`multiplier_a`), which are as requant says before: in the
          mixed form, the only one there is with a residual, and of nmcu_dense_4x4 alone
residual  bytes from an output to its residual (`multiplier_b`)
table     of functions that look their results up, which are all of int8 before: the entry of 0
single    1: only the first pixel of the only block, whose windows are one segment, is wanted: the other results may
          be anything""",
    (
        Field("x", "const int8_t *", 4),
        Field("x_step", "uint32_t"),
        Field("y", "int8_t *"),
        Field("y_pitch", "uint32_t"),
        Field("weights", "const uint8_t *"),
        Field("groups", "uint32_t"),
        Field("blocks", "uint32_t"),
        Field("segments", "uint32_t"),
        Field("segment_words", "uint32_t"),
        Field("jumps", "const int32_t *"),
        Field("requant", REQUANTIZE),
        Field("add", "const nmcu_add_parameters_t *"),
        Field("residual", "intptr_t"),
        Field("table", "const int8_t *"),
        Field("single", "uint32_t"),
    ),
)
GROUP4 = Layout(
    "nmcu_group4_t",
    "GROUP4",
    """\
What the packed groups of nmcu_dense_4x4 begin with: an nmcu_channels4_t, then the same for accumulators that started
from 0, with products of two parts: with `part = (accumulator * low + low_start) >> 9` results are
`(accumulator * high + part + start) >> split`, as a product of more than 32 bits, its bias and its rounding give.

split  the last shift; 0: the layer is in the narrow form; less than 0: the shift less 64 where results are clamped
       to less than int8, less 128 with residuals, -64 where products of these channels cannot be split""",
    (
        *CHANNELS4.fields,
        Field("start", "int32_t", 4),
        Field("high", "int32_t", 4),
        Field("low", "int16_t", 4),
        Field("low_start", "uint16_t", 4),
        Field("split", "int32_t"),
    ),
)
WINDOWS = Layout(
    "nmcu_windows_t",
    "WINDOWS",
    """\
Windows of pixels in a row that are copied to words: of each, `runs` runs of contiguous bytes follow one another.

from       first byte of the first window, any alignment
from_step  bytes from a window to the next one
to         where the first window goes; aligned
to_step    bytes from a copy to the next one, a multiple of 4; a run's last word may be partly behind it, so at least
           (runs - 1) * run_bytes + 4 * run_words
run_words  words that hold a run
row_bytes  from a run to the next one""",
    (
        Field("from", "const int8_t *"),
        Field("from_step", "uint32_t"),
        Field("to", "int8_t *"),
        Field("to_step", "uint32_t"),
        Field("pixels", "uint32_t"),
        Field("runs", "uint32_t"),
        Field("run_bytes", "uint32_t"),
        Field("run_words", "uint32_t"),
        Field("row_bytes", "uint32_t"),
    ),
)
LAYOUTS = (BLOCK, GROUP4, WINDOWS)
