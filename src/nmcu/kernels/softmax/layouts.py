"""What the hot loop of softmax gets."""

from nmcu.kernels.layout import Field, Layout

INCLUDES = ()

PARAMETERS = Layout(
    "nmcu_softmax_parameters_t",
    "SOFTMAX",
    "In L1. `tables`: 256 exponentials, 256 numerators, both by 255 less the distance from the row's largest value.",
    (
        Field("tables", "const uint32_t *"),
        Field("width", "uint32_t", doc="values of a row"),
        Field("zero_point", "int32_t", doc="of the output"),
    ),
)
LAYOUTS = (PARAMETERS,)
