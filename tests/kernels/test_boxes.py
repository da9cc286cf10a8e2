"""Operators that only move data."""

import numpy as np
import pytest

from isas import XCV
from nmcu import testing
from nmcu.graph import Layer, Op, TensorInfo, ops
from nmcu.kernels import Machine
from nmcu.kernels.boxes import spec as boxes
from small import with_compute

Shape = tuple[int, ...]


def move_layer(op: Op, *shapes: Shape, constants: dict[str, np.ndarray] | None = None) -> Layer:
    inputs = [TensorInfo(f"x{i}", shape, "int8", 0.05, 3) for i, shape in enumerate(shapes)]
    return testing.one_layer(op, constants or {}, inputs, [TensorInfo("y", (), "int8", 0.05, 3)])


def nearest(height: int, width: int, rows: int, columns: int) -> dict[str, np.ndarray]:
    return {
        "rows": (np.arange(rows) * height // rows).astype(np.int32),
        "columns": (np.arange(columns) * width // columns).astype(np.int32),
    }


CASES: dict[str, Layer] = {
    "reshape": move_layer(ops.Reshape(shape=(1, 70000)), (1, 100, 70, 10)),
    "pad rows and columns": move_layer(
        ops.Pad(before=(0, 1, 2, 0), after=(0, 3, 4, 0), value=-7), (1, 5, 6, 7)
    ),
    "pad channels": move_layer(ops.Pad(before=(0, 0, 0, 1), after=(0, 0, 0, 2), value=127), (1, 5, 6, 7)),
    "pad everything": move_layer(ops.Pad(before=(1, 1, 2, 3), after=(2, 3, 4, 5), value=-128), (1, 5, 6, 7)),
    "pad nothing": move_layer(ops.Pad(before=(0, 0), after=(0, 0), value=0), (1, 1)),
    "slice": move_layer(
        ops.Slice(starts=(0, 1, 0, 2), steps=(1, 2, 1, 3), shape=(1, 2, 6, 3)), (1, 5, 6, 11)
    ),
    "slice channels": move_layer(
        ops.Slice(starts=(0, 0, 0, 8), steps=(1, 1, 1, 1), shape=(1, 5, 6, 8)), (1, 5, 6, 16)
    ),
    "backwards": move_layer(
        ops.Slice(starts=(0, 4, 5, 6), steps=(1, -2, -1, -1), shape=(1, 3, 6, 7)), (1, 5, 6, 7)
    ),
    "repeated": move_layer(
        ops.Slice(starts=(0, 2, 0, 1), steps=(1, 0, 1, 0), shape=(1, 3, 6, 4)), (1, 5, 6, 7)
    ),
    "gather rows": move_layer(
        ops.Gather(axis=1), (1, 5, 6, 7), constants={"indices": np.array([4, 4, 0, 2, 1, 0, 3], np.int32)}
    ),
    "gather channels": move_layer(
        ops.Gather(axis=3), (1, 5, 6, 7), constants={"indices": np.array([6, 0, 5, 1, 4, 4], np.int32)}
    ),
    "concat channels": move_layer(ops.Concat(axis=3), (1, 5, 6, 7), (1, 5, 6, 1), (1, 5, 6, 12)),
    "concat rows": move_layer(ops.Concat(axis=1), (1, 5, 6, 7), (1, 2, 6, 7)),
    "transpose": move_layer(ops.Transpose(perm=(0, 3, 1, 2)), (1, 9, 7, 5)),
    "transpose tokens": move_layer(ops.Transpose(perm=(1, 0, 2)), (13, 4, 32)),
    "reverse": move_layer(ops.Transpose(perm=(3, 2, 1, 0)), (3, 4, 5, 6)),
    "dilate": move_layer(ops.Dilate(steps=(2, 3), value=-5), (1, 5, 4, 7)),
    "double": move_layer(ops.ResizeNearest(), (1, 5, 4, 7), constants=nearest(5, 4, 10, 12)),
    "large": move_layer(ops.Pad(before=(0, 1, 1, 0), after=(0, 1, 1, 0), value=1), (1, 60, 60, 80)),
}


@pytest.mark.parametrize("case", CASES)
def test_equals_reference(case: str) -> None:
    testing.check_host(CASES[case])


@pytest.mark.parametrize(
    "case", ["reshape", "pad rows and columns", "gather channels", "transpose", "double"]
)
def test_copies_through_as_many_bytes_as_there_are(case: str) -> None:
    """Stacks leave 2 KiB: 256 bytes for each core."""
    small = with_compute("cluster8", 18)
    (found,) = boxes.KERNELS[0].candidates(CASES[case], Machine(small, XCV))
    assert found.l1_bytes == small.compute_bytes == 2048
    testing.check_host(CASES[case], "boxes", target=small)


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize("case", CASES)
def test_runs_on_eight_cores(case: str, isa: str) -> None:
    testing.check_simulated(CASES[case], isa)
