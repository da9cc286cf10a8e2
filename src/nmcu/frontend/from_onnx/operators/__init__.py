"""Converters by ONNX operator name; one module per family."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from nmcu.frontend.from_onnx.context import Context
from nmcu.frontend.from_onnx.fold import constant
from nmcu.frontend.from_onnx.operators import (
    affine,
    binary,
    elementwise,
    join,
    normalise,
    pool,
    quantize,
    resize,
    select,
    shape,
    softmax,
)

STANDARD: Mapping[str, Callable[[Context], None]] = MappingProxyType(
    {
        **affine.CONVERTERS,
        **binary.CONVERTERS,
        **elementwise.CONVERTERS,
        **join.CONVERTERS,
        **normalise.CONVERTERS,
        **pool.CONVERTERS,
        **quantize.CONVERTERS,
        **resize.CONVERTERS,
        **select.CONVERTERS,
        **shape.CONVERTERS,
        **softmax.CONVERTERS,
        "Constant": constant,
    }
)
"""Operators of the standard domain."""

MICROSOFT: Mapping[str, Callable[[Context], None]] = MappingProxyType(
    {**quantize.CONVERTERS, "Gelu": elementwise.unary}
)
"""Operators of the domain com.microsoft."""

__all__ = ["MICROSOFT", "STANDARD"]
