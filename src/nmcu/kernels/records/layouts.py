"""What the block functions of record kernels get."""

from nmcu.kernels.common.layouts import REQUANTIZE
from nmcu.kernels.layout import Field, Layout

INCLUDES = ("common_layouts.h",)

BLOCK = Layout(
    "nmcu_records_block_t",
    "RECORDS",
    """\
What a block function gets: one or two pixels and consecutive records of weights.

x        where each pixel's window starts: in an im2col buffer (block b of the reduction axis at byte m * b) or, for
         a single pixel, in the slab itself
y        output byte of the first channel for each pixel
weights  packed records, one after the other; what is in one is the kernel's own affair
steps    length of a channel's reduction, in the kernel's own unit""",
    (
        Field("x", "const int8_t *", 2),
        Field("y", "int8_t *", 2),
        Field("weights", "const uint8_t *"),
        Field("records", "uint32_t"),
        Field("steps", "uint32_t"),
        Field("m", "uint32_t"),
        Field("requant", REQUANTIZE),
    ),
)
LAYOUTS = (BLOCK,)
