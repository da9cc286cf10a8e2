"""What the hot loops of pooling get, and how averages are requantised."""

from nmcu.kernels.layout import Field, Layout

INCLUDES = ()

CLASS = Layout(
    "nmcu_pool_class_t",
    "POOL_CLASS",
    "How windows with `count` elements inside the map are averaged.",
    tuple(Field(name, "int32_t") for name in ("count", "bias", "multiplier", "round", "shift")),
)
WINDOW = Layout(
    "nmcu_pool_window_t",
    "POOL",
    "One window of `groups` times four channels.",
    (
        Field("x", "const int8_t *", doc="first channel of the first element"),
        Field("groups", "uint32_t", doc="at least 1"),
        Field("rows", "uint32_t", doc="at least 1"),
        Field("columns", "uint32_t", doc="at least 1"),
        Field("pixel_bytes", "uint32_t", doc="from one element of a row to the next"),
        Field("row_bytes", "int32_t", doc="from a row's first element to the next row's"),
    ),
)
LAYOUTS = (CLASS, WINDOW)
