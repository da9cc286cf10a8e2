"""What the block functions of word_gather_mac get."""

from nmcu.kernels.common.layouts import REQUANTIZE
from nmcu.kernels.layout import Field, Layout

INCLUDES = ("common_layouts.h",)

BLOCK = Layout(
    "nmcu_gather_mac_block_t",
    "MAC",
    """\
What a block function gets: four output pixels and consecutive groups of four output channels.

x         first word of the pixels' window, which is contiguous. A word holds four pixels' bytes for one position
y         first output byte of each of the pixels; of one that does not exist that of the first pixel, which is
          written last
weights   packed groups, one after the other (gmac.h)
groups    of four channels
chunks    whole chunks of a channel's entries
half      1: half a chunk more
table     of functions that look their results up, which are all of int8 before: the entry of 0""",
    (
        Field("x", "const uint8_t *"),
        Field("y", "int8_t *", 4),
        Field("weights", "const uint8_t *"),
        Field("groups", "uint32_t"),
        Field("chunks", "uint32_t"),
        Field("half", "uint32_t"),
        Field("requant", REQUANTIZE),
        Field("table", "const int8_t *"),
    ),
)
COLUMNS = Layout(
    "nmcu_columns_t",
    "COLUMNS",
    """\
Columns of the map to interleave: the same one of consecutive rows, or consecutive ones of a row.

pixel       first byte of each of four pixels of the first column
to          where its words go
pixel_step  bytes from a column's pixels to the next one's
to_step     bytes from a column's words to the next one's
words       fours of channels
copies      1 to 3: how many of `to` there are
rows        number of columns""",
    (
        Field("pixel", "const int8_t *", 4),
        Field("to", "uint8_t *", 3),
        Field("pixel_step", "uint32_t"),
        Field("to_step", "uint32_t"),
        Field("words", "uint32_t"),
        Field("copies", "uint32_t"),
        Field("rows", "uint32_t"),
    ),
)
LAYOUTS = (BLOCK, COLUMNS)
