"""What the hot loops of layer normalisation get, and a channel as the constants hold it."""

from nmcu.kernels.layout import Field, Layout

INCLUDES = ()

CHANNEL = Layout(
    "nmcu_layer_norm_channel_t",
    "LAYER_NORM_CHANNEL",
    "Scale and offset of a channel in units of 2^-shift output steps; `beta` less the 2^(shift-1) that rounding adds.",
    (Field("gamma", "int32_t"), Field("beta", "int32_t")),
)
ROW = Layout(
    "nmcu_layer_norm_row_t",
    "LAYER_NORM",
    """\
What the hot loop gets for a row: y = clip((norm * gamma + beta + 2^(shift-1)) >> shift) with
norm = (x * scale + offset + 2^(norm_shift-1)) >> norm_shift, modulo 2^32.""",
    (
        Field("channels", "const nmcu_layer_norm_channel_t *"),
        Field("scale", "int32_t"),
        Field("offset", "int32_t"),
        Field("norm_shift", "uint32_t"),
        Field("shift", "uint32_t"),
    ),
)
FACTORS = Layout(
    "nmcu_layer_norm_factors_t",
    "LAYER_NORM_FACTORS",
    "What a row's values are normalised by: members of nmcu_layer_norm_row_t.",
    (Field("scale", "int32_t"), Field("offset", "int32_t")),
)
COLUMNS = Layout(
    "nmcu_layer_norm_columns_t",
    "LAYER_NORM_COLUMNS",
    "What the hot loop gets for the channels of some rows, which lie `pitch` bytes apart.",
    (
        Field("channels", "const nmcu_layer_norm_channel_t *", doc="the first word's and those behind"),
        Field("factors", "const nmcu_layer_norm_factors_t *", doc="each row's"),
        Field("pitch", "uint32_t"),
        Field("norm_shift", "uint32_t"),
        Field("shift", "uint32_t"),
    ),
)
LAYOUTS = (CHANNEL, ROW, FACTORS, COLUMNS)
