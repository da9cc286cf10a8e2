"""Converters by TFLite operator name; one module per family."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.from_tflite.operators import affine, border, elementwise, join, pool, resize, shape

CONVERTERS: Mapping[str, Callable[[Context], None]] = MappingProxyType(
    {
        **affine.CONVERTERS,
        **border.CONVERTERS,
        **elementwise.CONVERTERS,
        **join.CONVERTERS,
        **pool.CONVERTERS,
        **resize.CONVERTERS,
        **shape.CONVERTERS,
    }
)

__all__ = ["CONVERTERS"]
