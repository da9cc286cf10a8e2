"""The float nodes that stand for each operator between DequantizeLinear and QuantizeLinear; one module per family.

Each function returns the float result's name and its layout.
"""

from collections.abc import Mapping
from types import MappingProxyType

from nmcu.frontend.to_onnx.operators import affine, elementwise, move, normalise, pool, product, resize
from nmcu.frontend.to_onnx.writer import Export
from nmcu.graph import ops

EXPORTS: Mapping[type[ops.Op], Export] = MappingProxyType(
    {
        **affine.EXPORTS,
        **elementwise.EXPORTS,
        **move.EXPORTS,
        **normalise.EXPORTS,
        **pool.EXPORTS,
        **product.EXPORTS,
        **resize.EXPORTS,
    }
)

__all__ = ["EXPORTS"]
