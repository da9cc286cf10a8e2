"""What the block functions of attention's products get."""

from nmcu.kernels.common.layouts import REQUANTIZE
from nmcu.kernels.layout import Field, Layout

INCLUDES = ("common_layouts.h",)

BLOCK = Layout(
    "nmcu_product_block_t",
    "PRODUCT",
    """\
What a block function gets: `groups` consecutive groups of four outputs for four rows of x, or for one.

x        first byte of the first row, in L1; rows are word-aligned
y        first output byte of the first row; a group's four outputs are one word
packed   groups: four int32 that start the accumulators, then for every four consecutive positions of the reduction
         one word for each of the four outputs
words    of the reduction
starts   what accumulators start with: NMCU_NOTHING_STARTS, ... (product.h)
start    what each row adds to its accumulators
clamped  results are limited to requant's `lo` and `hi`, else to int8""",
    (
        Field("x", "const int8_t *"),
        Field("x_pitch", "uint32_t"),
        Field("y", "int8_t *"),
        Field("y_pitch", "uint32_t"),
        Field("packed", "const uint8_t *"),
        Field("groups", "uint32_t"),
        Field("words", "uint32_t"),
        Field("starts", "uint32_t"),
        Field("start", "int32_t", 4),
        Field("multiplier", "int32_t"),
        Field("round", "int32_t"),
        Field("shift", "int32_t"),
        Field("clamped", "uint32_t"),
        Field("requant", REQUANTIZE),
    ),
)
LAYOUTS = (BLOCK,)
