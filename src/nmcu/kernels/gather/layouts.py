"""What the block functions of the word gather get."""

from nmcu.kernels.common.layouts import REQUANTIZE
from nmcu.kernels.layout import Field, Layout

INCLUDES = ("common_layouts.h",)

BLOCK = Layout(
    "nmcu_gather_block_t",
    "GATHER",
    """\
What a block function gets: four or eight output pixels and consecutive groups of output channels that share the
positions of their non-zeros.

x         first word of the pixels' window. A word holds four pixels' bytes for one position of the reduction axis;
          of eight pixels, the second four follow in the next word
y         first output byte of each of four pixels; eight pixels start at y[0], `pixel_bytes` apart
weights   packed groups, one after the other; with C channels in a group and n = 4 * steps entries in a segment:
            int32 bias[C]
            uint8 distance[1 + segments * n], filled up to a multiple of four bytes: bytes from the window's start to
              the first entry's word, then from each entry's word to the next one's (of the last entry of a segment:
              as if the next segment followed without a gap)
            int8 value[segments * steps][C][4], of entries 1, 3, 0, 2 of each four
            int32 {multiplier, round, shift}[C]
jump      bytes from the end of a segment to the start of the next one
add       null, or how a residual is added to the results (`multiplier_a`), which are as requant says before: in the
          mixed form, the only one there is with a residual
residual  bytes from an output to its residual (`multiplier_b`)
table     of functions that look their results up, which are all of int8 before: the entry of 0""",
    (
        Field("x", "const uint8_t *"),
        Field("y", "int8_t *", 4),
        Field("weights", "const uint8_t *"),
        Field("groups", "uint32_t"),
        Field("segments", "uint32_t"),
        Field("steps", "uint32_t"),
        Field("jump", "int32_t"),
        Field("distance_bytes", "uint32_t"),
        Field("requant", REQUANTIZE),
        Field("pixel_bytes", "uint32_t"),
        Field("add", "const nmcu_add_parameters_t *"),
        Field("residual", "intptr_t"),
        Field("table", "const int8_t *"),
    ),
)
LAYOUTS = (BLOCK,)
