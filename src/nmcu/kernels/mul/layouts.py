"""What the hot loop of products gets."""

from nmcu.kernels.layout import Field, Layout

INCLUDES = ()

PARAMETERS = Layout(
    "nmcu_mul_parameters_t",
    "MUL",
    "Products of two int8 values are always requantised in the narrow form (requantize.h).",
    tuple(
        Field(name, "int32_t")
        for name in ("zero_point_a", "zero_point_b", "multiplier", "round", "shift", "lo", "hi")
    ),
)
LAYOUTS = (PARAMETERS,)
