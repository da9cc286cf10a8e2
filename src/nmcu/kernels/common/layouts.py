"""How accumulators start and become int8, as C, assembly and packers see it."""

from nmcu.kernels.layout import Field, Layout

INCLUDES = ()

REQUANTIZE = Layout(
    "nmcu_requantize_t",
    "REQUANTIZE",
    "How a layer requantises (the forms: requantize.h).",
    (
        Field("lo", "int32_t", doc="int8 range after the fused activation"),
        Field("hi", "int32_t"),
        Field("zero_point", "int32_t", doc="only used by the full form; the others have it in `round`"),
        Field("form", "int32_t"),
    ),
)
CHANNELS4 = Layout(
    "nmcu_channels4_t",
    "CHANNELS",
    "Of four consecutive output channels: how their accumulators start and how they are requantised.",
    (
        Field("bias", "int32_t", 4),
        Field("multiplier", "int32_t", 4),
        Field("round", "int32_t", 4),
        Field("shift", "int32_t", 4),
    ),
)
LAYOUTS = (REQUANTIZE, CHANNELS4)
