"""Recurrent layers: random ones of every kind, on the simulator and under sanitizers, against the reference."""

from typing import Any

import numpy as np
import pytest

from nmcu import toolchain
from nmcu.codegen import Program
from nmcu.graph import Layer, TensorInfo, ops
from nmcu.graph.fixed_point import decompose, sigmoid, tanh
from nmcu.kernels import Machine
from nmcu.kernels.body import body
from nmcu.kernels.kernel import COMMON_DIR, KERNELS_DIR
from nmcu.registry import Registry
from nmcu.sim import simulate
from nmcu.sparsity import NMPattern, mask
from nmcu.testing import check_kernel, on_simulator, one_layer, random_inputs

KERNELS = Registry.installed().kernels


def matrix(rng: np.random.Generator, rows: int, columns: int, pattern: str | None) -> np.ndarray[Any, Any]:
    """Random int8 weights."""
    weight = rng.integers(-127, 128, (rows, columns)).astype(np.int8)
    return weight if pattern is None else weight * mask(weight, NMPattern.parse(pattern))


def gates(
    rng: np.random.Generator, rows: int, inputs: int, outputs: int, pattern: str | None
) -> dict[str, np.ndarray[Any, Any]]:
    """Weights of the gates with factors that let them saturate now and then, one of them above 1."""
    found: dict[str, np.ndarray[Any, Any]] = {}
    for half, columns in (("input", inputs), ("recurrent", outputs)):
        scales = [decompose(s) for s in 2.0 ** rng.uniform(-3.5, -1.0, rows)]
        scales[0] = decompose(1.5)
        found |= {
            f"{half}_weight": matrix(rng, rows, columns, pattern),
            f"{half}_bias": rng.integers(-20000, 20000, rows).astype(np.int32),
            f"{half}_multiplier": np.array([m for m, _ in scales], np.int32),
            f"{half}_exponent": np.array([e for _, e in scales], np.int32),
        }
    return found


def lstm(
    steps: int = 5,
    inputs: int = 13,
    cells: int = 10,
    *,
    pattern: str | None = None,
    coupled: bool = False,
    peephole: bool = False,
    projection: int = 0,
    **options: Any,
) -> Layer:
    """A random LSTM."""
    rng = np.random.default_rng(steps + inputs + cells)
    outputs, (multiplier, exponent) = projection or cells, decompose(2.0**-23)
    x = TensorInfo("x", (steps, inputs), scale=0.05, zero_point=3)
    hidden = TensorInfo("h", (1, outputs), scale=0.0078, zero_point=-4)
    cell = TensorInfo("c", (1, cells), "int16", 2.0**-11, 0)
    constants = gates(rng, (3 if coupled else 4) * cells, inputs, outputs, pattern)
    constants["peephole"] = rng.integers(-32768, 32768, (3 if peephole else 0, cells)).astype(np.int16)
    constants["projection_weight"] = matrix(rng, projection, cells, None)
    constants["projection_bias"] = rng.integers(-9000, 9000, projection).astype(np.int32)
    factors = [decompose(s) for s in (2.0**-15, 2.0**-16, 2.0**-14.5)]
    projected = decompose(0.008)
    op = ops.Lstm(
        zero_point=-4,
        cell_exponent=-11,
        hidden_zero_point=-7 if projection else -4,
        hidden_multiplier=multiplier,
        hidden_exponent=exponent,
        peephole_multiplier=tuple(m for m, _ in factors),
        peephole_exponent=tuple(e for _, e in factors),
        projection_multiplier=projected[0],
        projection_exponent=projected[1],
        **options,
    )
    outs = [TensorInfo("y", (), scale=0.0078, zero_point=-4), hidden, cell]
    outs = [TensorInfo(f"{o.name} after", (), o.dtype, o.scale, o.zero_point) for o in outs]
    return one_layer(op, constants, [x, hidden, cell], outs)


def gru(
    steps: int = 5, inputs: int = 13, units: int = 10, *, pattern: str | None = None, **options: Any
) -> Layer:
    """A random GRU."""
    rng = np.random.default_rng(steps + inputs + units)
    (shown, power), (held, places) = decompose(2.0**-8 * 0.9), decompose(1.1)
    x = TensorInfo("x", (steps, inputs), scale=0.05, zero_point=3)
    hidden = TensorInfo("h", (1, units), scale=0.0078, zero_point=-4)
    op = ops.Gru(
        zero_point=-4,
        hidden_multiplier=shown,
        hidden_exponent=power,
        held_multiplier=held,
        held_exponent=places,
        **options,
    )
    outs = [TensorInfo(name, (), scale=0.0078, zero_point=-4) for name in ("y", "h after")]
    return one_layer(op, gates(rng, 3 * units, inputs, units, pattern), [x, hidden], outs)


def svdf(
    inputs: int = 21, units: int = 11, rank: int = 2, frames: int = 5, pattern: str | None = None
) -> Layer:
    """A random SVDF."""
    rng = np.random.default_rng(inputs + units)
    filters, (multiplier, exponent) = rank * units, decompose(2.0**-22)
    half = gates(rng, filters, inputs, 1, pattern)
    constants = {name: array for name, array in half.items() if name.startswith("input")}
    constants["time_weight"] = rng.integers(-4000, 4000, (filters, frames)).astype(np.int16)
    constants["bias"] = rng.integers(-(2**24), 2**24, units).astype(np.int32)
    x = TensorInfo("x", (1, inputs), scale=0.05, zero_point=3)
    state = TensorInfo("s", (1, filters * frames), "int16", 2.0**-11, 0)
    op = ops.Svdf(rank=rank, zero_point=5, multiplier=multiplier, exponent=exponent)
    outs = [TensorInfo("y", (), scale=0.1, zero_point=5), TensorInfo("t", (), "int16", state.scale, 0)]
    return one_layer(op, constants, [x, state], outs)


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize("reset_first", [False, True])
def test_gru(isa: str, reset_first: bool) -> None:
    check_kernel(KERNELS["gru"], gru(reset_first=reset_first, reverse=reset_first), isa=isa, most=2)
    sparse = gru(3, 24, 16, pattern="1:8", reset_first=reset_first)
    check_kernel(KERNELS["gru_gather_g1"], sparse, isa=isa, most=1)


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
def test_svdf(isa: str) -> None:
    check_kernel(KERNELS["svdf"], svdf(), isa=isa, most=2)
    check_kernel(KERNELS["svdf_gather_g1"], svdf(24, 8, 1, pattern="1:8"), isa=isa, most=1)


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize("target", ["cluster8", "cv32e40p"])
def test_lstm_on_every_kind_of_core(isa: str, target: str) -> None:
    check_kernel(KERNELS["lstm"], lstm(), isa=isa, target=target, most=2)


@pytest.mark.parametrize("target", ["rp2350", "esp32c3"])
def test_matrices_are_read_from_flash_or_copied_from_it(target: str) -> None:
    """By two cores and by one; what a step reads beside matrices stays in flash."""
    for name, layer in (
        ("lstm", lstm()),
        ("lstm", lstm(coupled=True, peephole=True)),
        ("lstm", lstm(projection=6)),
        ("gru", gru()),
        ("svdf", svdf()),
        ("lstm_gather_g1", lstm(3, 24, 16, pattern="1:8")),
    ):
        check_kernel(KERNELS[name], layer, isa="rv32", target=target, most=8)


@pytest.mark.parametrize(
    "options",
    [
        {"coupled": True, "peephole": True, "cell_clip": 20000},
        {"projection": 6, "projection_clip": 90},
        {"projection": 14, "peephole": False, "reverse": True},
        {"cells": 3, "coupled": True, "steps": 1},
    ],
)
def test_lstm_with_options(options: dict[str, Any]) -> None:
    check_kernel(KERNELS["lstm"], lstm(**options), most=2)


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize(("kernel", "pattern"), [("lstm_gather_g1", "1:8"), ("lstm_gather_g4", "1:8x4")])
def test_sparse_lstm(kernel: str, pattern: str, isa: str) -> None:
    check_kernel(KERNELS[kernel], lstm(3, 24, 16, pattern=pattern), isa=isa, most=2)


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize("target", ["cluster8", "cv32e40p"])
def test_predictions_are_within_a_tenth_or_so(target: str, isa: str) -> None:
    """Where weights stay in L1, where they come tile by tile, and where they are sparse."""
    registry = Registry.installed()
    machine = Machine(registry.target(target), registry.isa(isa))
    layers = [("lstm", lstm(10, 40, 64)), ("lstm", lstm(1, 257, 128)), ("gru", gru(4, 40, 64))]
    layers += [("svdf", svdf(400, 64, 2, 10)), ("gru_gather_g1", gru(2, 64, 96, pattern="1:8"))]
    for name, layer in layers:
        best = KERNELS[name].candidates(layer, machine)[0]
        cycles = on_simulator(layer, KERNELS[name], best, random_inputs(layer), machine)[1]
        assert best.cycles == pytest.approx(cycles, rel=0.12), name


ALL_VALUES = """
#include "activate.h"
#include "nmcu_hal.h"
static int16_t x[4096], y[4096];
int main(void)
{
    for (int bits = 2; bits < 6 && nmcu_core_id() == 0; bits++) {
        uint32_t sum = 0;
        for (int first = -32768; first < 32768; first += 4096) {
            for (int i = 0; i < 4096; i++)
                x[i] = (int16_t)(first + i);
            if (bits == 5) nmcu_sigmoids(y, x, 4096);
            else nmcu_tanhs(y, x, 4096, bits);
            for (int i = 0; i < 4096; i++)
                sum = sum * 1000003u + (uint16_t)y[i];
        }
        for (int i = 28; i >= 0; i -= 4)
            nmcu_putchar("0123456789abcdef"[sum >> i & 15]);
    }
    return 0;
}
"""


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
def test_sigmoid_and_tanh_of_every_value(isa: str) -> None:
    """All 65,536 values of tanh with 2 to 4 integer bits and of sigmoid, by a sum that depends on their order."""
    registry = Registry.installed()
    target, own, folder = registry.target("cv32e40p"), registry.isa(isa), KERNELS_DIR / "recurrent"
    program = Program(
        files={"all.c": ALL_VALUES},
        sources=("all.c",),
        include_dirs=(COMMON_DIR, folder),
        library=(body(folder, "activate").of(own),),
        inputs=(),
        outputs=(),
        regions={},
    )
    image = toolchain.build(program, target, own)
    wanted = ""
    for bits in range(2, 6):
        total, x = 0, np.arange(-32768, 32768)
        for value in (sigmoid(x) if bits == 5 else tanh(x, bits)).tolist():
            total = (total * 1000003 + value % 65536) % 2**32
        wanted += f"{total:08x}"
    assert simulate(image.elf, target, isa=own, max_cycles=10**8).stdout.decode() == wanted
