"""What the hot loops of depthwise convolutions get, and a channel as the constants hold it."""

from nmcu.kernels.common.layouts import REQUANTIZE
from nmcu.kernels.layout import Field, Layout

INCLUDES = ("common_layouts.h",)

PLANES = Layout(
    "nmcu_planes_t",
    "PLANES",
    """\
Four bytes of one pixel become one byte in each of four planes, `lines` lines of `extent` bytes; the four bytes
behind them go to the next four planes, `groups` times. Up to four bytes behind each line may become `pad`, those
`behind` it do.""",
    (
        Field("x", "const int8_t *", doc="first channel of the first pixel, any alignment"),
        Field("planes", "int8_t *", doc="first byte of plane 0, any alignment"),
        Field("x_step", "int32_t", doc="from a pixel to its neighbour on the line"),
        Field("x_line", "int32_t", doc="from line to line"),
        Field("extent", "uint32_t", doc="pixels of a line, at least 1"),
        Field("lines", "uint32_t", doc="at least 1"),
        Field("line_bytes", "uint32_t", doc="of a plane's line"),
        Field("plane_bytes", "uint32_t"),
        Field("pad", "int32_t"),
        Field("behind", "uint32_t", doc="bytes, at most 4"),
        Field("groups", "uint32_t", doc="at least 1"),
    ),
)
CHANNEL = Layout(
    "nmcu_depthwise_channel_t",
    "CHANNEL",
    "One channel as the constants hold it; `taps` has `tap_words` words for each line of taps, padded with zeros.",
    (
        Field("multiplier", "int32_t"),
        Field(
            "offset",
            "int32_t",
            doc="narrow: zero point << shift + bias * multiplier; wide: without the bias; mixed: limit",
        ),
        Field("shift", "int32_t"),
        Field("bias", "int32_t", doc="not used in the narrow form"),
        Field("taps", "int8_t", 0),
    ),
)
SHAPE = Layout(
    "nmcu_depthwise_shape_t",
    "SHAPE",
    "What is the same for all lines of a layer.",
    (
        Field("x_line", "int32_t", doc="from an output line's first window to the next line's"),
        Field("x_tap", "int32_t", doc="from one line of taps to the next"),
        Field("x_step", "int32_t", doc="from window to window on a line"),
        Field("plane_bytes", "uint32_t", doc="a multiple of 4"),
        Field("channel_bytes", "uint32_t", doc="of one nmcu_depthwise_channel_t"),
        Field("requant", REQUANTIZE),
        Field("tap_lines", "uint32_t"),
        Field("tap_words", "uint32_t"),
        Field(
            "offsets",
            "const int32_t *",
            doc="L1: from a window to its words; may be null",
        ),
    ),
)
LINES = Layout(
    "nmcu_depthwise_lines_t",
    "DEPTHWISE",
    """\
Output lines of some channels. An assembly body computes whole blocks of four outputs: it writes up to three
outputs behind each line, in the order of the lines.""",
    (
        Field("shape", "const nmcu_depthwise_shape_t *"),
        Field(
            "x",
            "const int8_t *",
            doc="first window in the first plane, 4-byte aligned; steps of lines, too",
        ),
        Field("y", "int8_t *"),
        Field("channel", "const uint8_t *", doc="nmcu_depthwise_channel_t"),
        Field("channels", "uint32_t", doc="at least 1"),
        Field("lines", "uint32_t", doc="at least 1"),
        Field("outputs", "uint32_t", doc="of a line, at least 1"),
        Field("y_line", "int32_t"),
        Field("y_step", "int32_t"),
    ),
)
LAYOUTS = (PLANES, CHANNEL, SHAPE, LINES)
