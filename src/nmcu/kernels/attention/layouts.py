"""What the block functions of attention's products get."""

from nmcu.kernels.common.layouts import REQUANTIZE
from nmcu.kernels.layout import Field, Layout

INCLUDES = ("common_layouts.h",)

BLOCK = Layout(
    "nmcu_product_block_t",
    "PRODUCT",
    """\
What a block function gets: `groups` consecutive groups of four outputs for four rows of x.

x       first byte of each row, in L1, word-aligned
y       first output byte of each row, word-aligned; a group's four outputs are one word
packed  groups: four int32 that start the accumulators, then for every four consecutive positions of the reduction
        one word for each of the four outputs
words   of the reduction
start   what each row adds to its accumulators""",
    (
        Field("x", "const int8_t *", 4),
        Field("y", "int8_t *", 4),
        Field("packed", "const uint8_t *"),
        Field("groups", "uint32_t"),
        Field("words", "uint32_t"),
        Field("start", "int32_t", 4),
        Field("multiplier", "int32_t"),
        Field("round", "int32_t"),
        Field("shift", "int32_t"),
        Field("requant", REQUANTIZE),
    ),
)
LAYOUTS = (BLOCK,)
