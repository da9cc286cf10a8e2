"""How accumulators start and become int8, and how tensors are added, as C, assembly and packers see it."""

from nmcu.kernels.layout import Field, Layout

INCLUDES = ()

REQUANTIZE = Layout(
    "nmcu_requantize_t",
    "REQUANTIZE",
    "How a layer requantises (the forms: requantize.h).",
    (
        Field("lo", "int32_t", doc="int8 range after the fused activation"),
        Field("hi", "int32_t"),
        Field("zero_point", "int32_t", doc="of the output"),
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
        Field("round", "int32_t", 4, doc="in the mixed form: limit"),
        Field("shift", "int32_t", 4),
    ),
)
ADD = Layout(
    "nmcu_add_parameters_t",
    "ADD",
    """\
Sum of two tensors: clamp((a * multiplier_a + b * multiplier_b + round) >> shift, lo, hi). The compiler has proved
that no partial sum overflows. `round` holds all constant terms.""",
    tuple(Field(name, "int32_t") for name in ("multiplier_a", "multiplier_b", "round", "shift", "lo", "hi")),
)
LAYOUTS = (REQUANTIZE, CHANNELS4, ADD)
