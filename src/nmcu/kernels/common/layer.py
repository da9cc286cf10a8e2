"""Python side of layer.h, and of constants that are copied to the compute memory before the first tile."""

from nmcu.kernels.cdata import Expr, Value
from nmcu.kernels.kernel import NOWHERE, Addresses

LAYER_BYTES = 384
"""L1 set aside for the copy of a descriptor (NMCU_LAYER_BYTES)."""
FETCH_CYCLES = 150
"""Of the copy of a descriptor when a layer begins, and the wait for it."""


def copied_constants(at: Addresses, name: str, size: int) -> dict[str, Value]:
    """The members of `nmcu_rows_t` and `nmcu_elementwise_t` for the constant `name` of `size` bytes, which is copied to
    the buffer `constants`, or read in place where there is none."""
    near: dict[str, Value] = {"constants_copy": Expr(at.near("constants", name))}
    if at.l1["constants"] == NOWHERE:
        return near
    return {"constants": Expr(at.constants[name]), **near, "constant_bytes": size}
