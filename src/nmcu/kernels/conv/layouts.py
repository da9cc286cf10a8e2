"""What the block functions of convolutions get."""

from nmcu.kernels.common.layouts import REQUANTIZE
from nmcu.kernels.layout import Field, Layout

INCLUDES = ("common_layouts.h",)

BLOCK = Layout(
    "nmcu_block_t",
    "BLOCK",
    """\
What a block function gets. It computes `groups` consecutive groups of four output channels for up to four pixels,
requantises and writes four int8 per pixel and group.

x         first input byte of each pixel's window, in L1, any alignment
y         first output byte of each pixel; a group's four channels are one word
weights   packed groups: nmcu_channels4_t, then for every segment and every four consecutive positions of the
          reduction axis one word for each of the four channels
segments  runs of contiguous input bytes that make up a window, `segment_words` words each (the weights of the last
          word are padded with zeros, so bytes behind a run may be anything)
jumps     for each segment, what brings the input pointers from its end to the next one's start; the last one brings
          them back to the first""",
    (
        Field("x", "const int8_t *", 4),
        Field("y", "int8_t *", 4),
        Field("weights", "const uint8_t *"),
        Field("groups", "uint32_t"),
        Field("segments", "uint32_t"),
        Field("segment_words", "uint32_t"),
        Field("jumps", "const int32_t *"),
        Field("requant", REQUANTIZE),
    ),
)
LAYOUTS = (BLOCK,)
