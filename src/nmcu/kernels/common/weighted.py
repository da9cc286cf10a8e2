"""Python side of weighted.h: the descriptor of a windowed layer with weights."""

from nmcu.kernels.cdata import Expr, Struct, Value
from nmcu.kernels.common import window
from nmcu.kernels.common.epilogue import TABLE, TABLE_BYTES
from nmcu.kernels.kernel import KERNELS_DIR, NOWHERE, Addresses

SOURCES = (*window.SOURCES, KERNELS_DIR / "common" / "weighted.c")


def descriptor(
    geometry: window.Geometry,
    tiling: window.Tiling,
    at: Addresses,
    record_bytes: int,
    record_channels: int = 1,
) -> Struct:
    """The `nmcu_weighted_t` of a layer with the constants `weights`: records of 1, 2 or 4 output channels."""
    members: dict[str, Value] = {}
    if geometry.residual:
        members = {"residual": Expr(at.inputs[1]), "residual_tile": window.pair(at, "residual")}
    if TABLE in at.constants:
        members |= {"table": Expr(f"(int8_t *)({at.near(TABLE, TABLE)}) + {TABLE_BYTES // 2}")}
        if at.l1[TABLE] != NOWHERE:
            members |= {"table_from": Expr(at.constants[TABLE])}
    return Struct(
        "nmcu_weighted_t",
        {
            "window": window.descriptor(geometry, tiling, at),
            "weights": Expr(at.constants["weights"]),
            "weight_tile": window.pair(at, "constants"),
            "record_bytes": record_bytes,
            "record_shift": record_channels.bit_length() - 1,
            **members,
        },
    )
