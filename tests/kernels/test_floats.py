"""Layers in float32: the device's bits are the reference's, infinities, NaN and subnormal numbers included."""

import numpy as np
import pytest

from nmcu import kernels, testing
from nmcu.graph import Layer, TensorInfo, float32, ops
from nmcu.kernels import Machine
from nmcu.registry import Registry
from nmcu.testing.run import on_simulator


def floats(name: str, *shape: int) -> TensorInfo:
    return TensorInfo(name, shape, "float32")


def map_layer(function: str, count: int = 301) -> Layer:
    op = ops.FloatMap(function=function, alpha=0.25, beta=0.5)
    return testing.one_layer(op, {}, [floats("x", 1, count)], [floats("y")])


def rows_layer(function: str, *shape: int) -> Layer:
    return testing.one_layer(ops.FloatRows(function=function), {}, [floats("x", *shape)], [floats("y")])


def pair_layer(function: str, a: tuple[int, ...], b: tuple[int, ...]) -> Layer:
    inputs = [floats("a", *a), floats("b", *b)]
    return testing.one_layer(ops.FloatPair(function=function), {}, inputs, [floats("y")])


def borders() -> list[Layer]:
    codes = TensorInfo("x", (7, 9), "int8", 0.05, 3)
    op, table = ops.FloatTable.dequantize(codes)
    rows = np.random.default_rng(0).standard_normal((9, 256)).astype(np.float32)
    scale = {"scale": np.linspace(1e-4, 2e-3, 9, dtype=np.float32)}
    sums = TensorInfo("x", (7, 9), "int32", 1.0, 0)
    return [
        testing.one_layer(op, table, [codes], [floats("y")]),
        testing.one_layer(op, {"table": rows}, [codes], [floats("y")]),
        testing.one_layer(ops.Dequantize(), scale, [sums], [floats("y")]),
        testing.one_layer(
            ops.Quantize(scale=0.05, zero_point=-7),
            {},
            [floats("x", 3, 77)],
            [TensorInfo("y", (), "int8", 0.05, -7)],
        ),
    ]


LAYERS = {
    **{f"map {name}": map_layer(name) for name in float32.UNARY},
    **{f"pair {name}": pair_layer(name, (5, 6, 7), (6, 1)) for name in float32.BINARY},
    "pair of equal shapes": pair_layer("div", (1, 333), (1, 333)),
    **{f"rows {name}": rows_layer(name, 5, 19) for name in float32.ROWS},
    "long row": rows_layer("softmax", 1, 203),
    "many rows": rows_layer("logsoftmax", 19, 3),
    **{f"border {i}": layer for i, layer in enumerate(borders())},
}


@pytest.mark.parametrize("name", LAYERS)
def test_equals_reference_on_this_machine(name: str) -> None:
    testing.check_host(LAYERS[name])


@pytest.mark.parametrize("target,isa", [("cluster8", "xcv"), ("cv32e40p", "rv32")])
@pytest.mark.parametrize("name", LAYERS)
def test_equals_reference_in_soft_float(name: str, target: str, isa: str) -> None:
    """On eight cores, rows are shared, too; on one, operands are used in place."""
    testing.check_simulated(LAYERS[name], isa, target=target)


PREDICTED = {
    "exp": map_layer("exp", 801),
    "tanh": map_layer("tanh", 801),
    "add": pair_layer("add", (5, 20, 8), (20, 1)),
    "div": pair_layer("div", (1, 801), (1, 801)),
    "sum": rows_layer("sum", 16, 50),
    "softmax": rows_layer("softmax", 1, 301),
    "softmax of ten": rows_layer("softmax", 1, 10),
}


@pytest.mark.parametrize("target,isa", [("cluster8", "xcv"), ("cv32e40p", "rv32")])
@pytest.mark.parametrize("name", PREDICTED)
def test_predicted_cycles_are_within_a_quarter(name: str, target: str, isa: str) -> None:
    """On usual values: zeros and infinities are faster."""
    layer, registry = PREDICTED[name], Registry.installed()
    machine = Machine(registry.target(target), registry.isa(isa))
    (candidate,) = kernels.candidates(registry.kernels.values(), layer, machine)
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal(x.shape).astype(np.float32) * np.float32(2) for x in layer.inputs]
    _, cycles = on_simulator(layer, registry.kernels[candidate.kernel], candidate, inputs, machine)
    assert candidate.cycles == pytest.approx(cycles, rel=0.25)
