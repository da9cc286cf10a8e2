"""What the hot loop of additions gets."""

from nmcu.kernels.layout import Field, Layout

INCLUDES = ()

PARAMETERS = Layout(
    "nmcu_add_parameters_t",
    "ADD",
    "The compiler has proved that no partial sum overflows. `round` holds all constant terms.",
    tuple(Field(name, "int32_t") for name in ("multiplier_a", "multiplier_b", "round", "shift", "lo", "hi")),
)
LAYOUTS = (PARAMETERS,)
