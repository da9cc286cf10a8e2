"""Kernels on a chip whose compute and working memory are one: operands, results and constants are used in place."""

from pathlib import Path

import pytest

from isas import BUILT_IN, XCV
from kernels import test_transformer as transformer
from kernels.affine_layers import Shape, layer
from kernels.test_add import add_layer
from kernels.test_boxes import move_layer
from kernels.test_depthwise import depthwise_layer
from kernels.test_elementwise import mul_layer
from kernels.test_grouped import grouped_layer
from kernels.test_pool import pool_layer
from kernels.test_rows import arg_max_layer, log_softmax_layer
from kernels.test_softmax import softmax_layer
from kernels.test_table import table_layer
from nmcu import kernels, targets, testing
from nmcu.graph import Layer, ops
from nmcu.kernels import Machine
from nmcu.targets import Target

CHIP = Target.load(Path(__file__).parents[1] / "targets" / "chips" / "two_cores")
LAYERS: dict[str, Layer] = {
    "conv": layer(Shape((7, 6, 5), 6, (3, 3))),
    "conv with padding": layer(Shape((7, 6, 5), 6, (3, 3), (2, 1), (1, 1, 1, 1))),
    "conv, 1x1": layer(Shape((5, 7, 8), 12)),
    "conv, 1x1, strides": layer(Shape((8, 6, 8), 12, (1, 1), (2, 2))),
    "sparse conv": layer(Shape((9, 9, 16), 8, (3, 3)), "1:8x4"),
    "sparse conv with padding": layer(Shape((9, 9, 16), 8, (3, 3), (1, 1), (1, 1, 1, 1)), "1:8"),
    "linear": layer(Shape((1, 96), 10), "1:4"),
    "linear over tokens": layer(Shape((5, 32), 20), "1:8"),
    "grouped": grouped_layer((6, 5, 8), (3, 3), 4, 2, (1, 1), (1, 1)),
    "depthwise": depthwise_layer((13, 11, 37)),
    "depthwise, rows": depthwise_layer((25, 5, 64), (3, 3), (2, 2), (0, 0, 1, 1)),
    "maxpool": pool_layer("maxpool", (13, 11, 7), (3, 3), (2, 2), (1, 1, 1, 1)),
    "avgpool": pool_layer("avgpool", (16, 16, 20), (2, 2), (2, 2)),
    "add": add_layer((1, 33, 31, 17), (1, 33, 31, 17)),
    "add, broadcast": add_layer((1, 6, 5, 7), (1, 1, 1, 7)),
    "mul": mul_layer((5, 13), (5, 13)),
    "table": table_layer((3, 5, 7)),
    "table by channel": table_layer((3, 5, 7), 7),
    "softmax": softmax_layer((5, 33)),
    "log_softmax": log_softmax_layer((5, 33)),
    "arg_max": arg_max_layer((5, 33)),
    "layer_norm": transformer.norm_layer((5, 33)),
    "attention scores": transformer.scores_layer(7, 9, 3, 6, extra=3),
    "attention values": transformer.values_layer(7, 9, 3, 6, extra=5),
    "concat": move_layer(ops.Concat(axis=3), (1, 4, 5, 6), (1, 4, 5, 3)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_equals_reference_and_stays_inside(name: str) -> None:
    testing.check_host(LAYERS[name], target=CHIP, most=2)


@pytest.mark.parametrize("isa", ["rv32", "xcv"])
@pytest.mark.parametrize("name", LAYERS)
def test_runs_on_two_cores(name: str, isa: str) -> None:
    testing.check_simulated(LAYERS[name], isa, target=CHIP, most=1)


@pytest.mark.parametrize("target", ["rp2350", "esp32c3"])
@pytest.mark.parametrize("name", ["conv with padding", "sparse conv", "linear", "grouped", "depthwise, rows"])
def test_constants_come_from_a_slow_flash(name: str, target: str) -> None:
    """In place and copied, by one core and by two."""
    testing.check_simulated(LAYERS[name], "rv32", target=targets.get(target), most=99)


@pytest.mark.parametrize(
    "name", ["conv, 1x1", "conv, 1x1, strides", "linear", "maxpool", "add", "softmax", "table"]
)
def test_nothing_has_a_buffer(name: str) -> None:
    machine = Machine(CHIP, XCV)
    best = kernels.candidates(BUILT_IN.kernels.values(), LAYERS[name], machine)[0]
    own = {"words", "behind", "im2col"}  # what a kernel makes of its operands
    assert all(size == 0 for buffer, size in best.l1.items() if buffer not in own)
    assert best.dma_cycles == 0
