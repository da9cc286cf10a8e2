"""Table look-up."""

import numpy as np
import pytest

from nmcu import testing
from nmcu.graph import Layer, TensorInfo, ops

SHAPES = [(1, 8, 8, 16), (1, 1), (7, 5), (1, 33, 31, 5)]


def table_layer(shape: tuple[int, ...], channels: int = 0) -> Layer:
    x = TensorInfo("x", shape, "int8", 0.05, 3)
    y = TensorInfo("y", (), "int8", 0.02, -9)
    rng = np.random.default_rng(0)
    table = rng.integers(-128, 128, (channels, 256) if channels else 256).astype(np.int8)
    return testing.one_layer(ops.Table(function="sigmoid"), {"table": table}, [x], [y])


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_equals_reference(shape: tuple[int, ...], per_channel: bool) -> None:
    testing.check_host(table_layer(shape, shape[-1] if per_channel else 0))


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_runs_on_eight_cores(shape: tuple[int, ...], per_channel: bool, isa: str) -> None:
    testing.check_simulated(table_layer(shape, shape[-1] if per_channel else 0), isa, most=2)
