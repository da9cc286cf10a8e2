"""Resize by any factor."""

import numpy as np
import pytest

from nmcu import testing
from nmcu.graph import Layer, TensorInfo, ops

SIZES = [
    ((5, 4, 7), (10, 8)),
    ((5, 4, 7), (7, 9)),
    ((1, 1, 1), (3, 5)),
    ((9, 13, 3), (4, 5)),
    ((6, 6, 33), (1, 1)),
]


def resize_layer(kind: str, shape: tuple[int, int, int], size: tuple[int, int]) -> Layer:
    x = TensorInfo("x", (1, *shape), "int8", 0.05, 3)
    places = [np.linspace(0, extent - 1, count) for extent, count in zip(shape, size, strict=False)]
    if kind == "nearest":
        rows, columns = (np.floor(p + 0.5).astype(np.int32) for p in places)
        return testing.one_layer(ops.ResizeNearest(), {"rows": rows, "columns": columns}, [x], [x])
    op, constants = ops.ResizeBilinear.build(places[0], places[1], shape[:2])
    return testing.one_layer(op, constants, [x], [x])


@pytest.mark.parametrize("kind", ["nearest", "bilinear"])
@pytest.mark.parametrize(("shape", "size"), SIZES, ids=str)
def test_equals_reference(kind: str, shape: tuple[int, int, int], size: tuple[int, int]) -> None:
    testing.check_host(resize_layer(kind, shape, size))


@pytest.mark.parametrize("kind", ["nearest", "bilinear"])
@pytest.mark.parametrize(("shape", "size"), SIZES, ids=str)
def test_runs_on_eight_cores(kind: str, shape: tuple[int, int, int], size: tuple[int, int]) -> None:
    testing.check_simulated(resize_layer(kind, shape, size))
