"""A layer as a C function in programs of somebody else: equal to the reference on this machine and on the simulator."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import firmware
import nmcu
from nmcu import LayerFunction, sparsity
from nmcu.sim import simulate
from nmcu.toolchain import build

EXAMPLE = Path(__file__).parents[2] / "examples" / "layer" / "layer.py"
GCC = "riscv64-unknown-elf-gcc"
ROOM = 16
"""What may be read behind an input, in bytes."""
CONV = {"shape": (7, 9, 8), "pads": (1, 1, 1, 1)}
LAYERS: dict[str, tuple[tuple[int, ...], str | None, dict[str, Any]]] = {
    "dense": ((8, 3, 3, 8), None, CONV),
    "1:8": ((12, 3, 3, 8), "1:8", {**CONV, "kernel": "word_gather_g1x8"}),
    "1:8x4": (
        (8, 3, 3, 16),
        "1:8x4",
        {"shape": (6, 6, 16), "strides": (2, 2), "pads": (1, 0, 1, 0), "kernel": "word_gather_g4"},
    ),
    "odd": ((5, 3, 2, 3), None, {"shape": (5, 7, 3), "strides": (2, 1), "pads": (0, 1, 1, 0), "lo": -3}),
    "odd 1:4": ((3, 1, 3, 8), "1:4", {"shape": (3, 5, 8), "hi": 40, "kernel": "word_gather_g1"}),
    "depthwise": ((6, 3, 3, 1), None, {"shape": (5, 5, 6), "groups": 6, "pads": (1, 1, 1, 1)}),
    "linear": ((10, 32), None, {"shape": (1, 32)}),
    "linear 1:16": ((7, 32), "1:16", {"shape": (1, 32), "kernel": "byte_gather_g1"}),
    "tokens 1:16": ((7, 32), "1:16", {"shape": (3, 32), "kernel": "word_gather_g1"}),
}


def weights(shape: tuple[int, ...], pattern: str | None, seed: int = 0) -> NDArray[np.int8]:
    found = np.random.default_rng(seed).integers(-127, 128, shape).astype(np.int8)
    if pattern:
        found *= sparsity.mask(found, sparsity.NMPattern.parse(pattern))
    return found


def bias(count: int, seed: int = 0) -> NDArray[np.int64]:
    return np.random.default_rng(seed + 1).integers(-1000, 1001, count)


def function(layer: str, seed: int = 0, name: str = "one", **more: Any) -> LayerFunction:
    shape, pattern, form = LAYERS[layer]
    scale = np.linspace(0.01, 0.03, shape[0])
    made = weights(shape, pattern, seed)
    return nmcu.layer_function(
        name, made, scale, bias(shape[0], seed), x=(0.05, 3), y=(0.6, -5), **{**form, **more}
    )


def given(of: LayerFunction, seed: int = 0) -> NDArray[np.int8]:
    return np.random.default_rng(seed + 2).integers(-128, 128, of.input_shape).astype(np.int8)


HOST = """
#include <one.h>
#include <stdio.h>
#include <stdlib.h>

/* Each in memory of its own, so that sanitizers see whatever is beside it. */
int main(void)
{
    uint8_t *const packed = aligned_alloc(64, (ONE_PACKED_BYTES + 63) / 64 * 64);
    void *const workspace = aligned_alloc(16, ONE_WORKSPACE_BYTES);
    int8_t *const x = malloc(ONE_X_BYTES + 16), *const y = malloc(ONE_Y_BYTES);
    int code = fread(packed, ONE_PACKED_BYTES, 1, stdin) != 1 || fread(x, ONE_X_BYTES, 1, stdin) != 1;

    for (int i = 0; i < 2 && !code; i++) {
        code = one(workspace, i ? packed : (const void *)one_weights, x, y);
        if (!code) fwrite(y, ONE_Y_BYTES, 1, stdout);
    }
    free(packed), free(workspace), free(x), free(y);
    return code;
}
"""


@pytest.mark.parametrize("target", ["rp2350", "cluster8"])
@pytest.mark.parametrize("layer", LAYERS)
def test_any_compiler_runs_it_with_its_own_and_other_weights(tmp_path: Path, layer: str, target: str) -> None:
    """Under sanitizers; the second run has weights that were packed for the function later."""
    one, other = function(layer, target=target), function(layer, seed=5, target=target)
    shape, pattern, _ = LAYERS[layer]
    packed = one.pack(weights(shape, pattern, 5), np.linspace(0.01, 0.03, shape[0]), bias(shape[0], 5))
    one.save(tmp_path / "one")
    program = firmware.program(tmp_path, HOST, [tmp_path / "one"], "cc", *firmware.SANITIZERS)
    x = given(one)
    found = firmware.call([str(program)], packed + x.tobytes())
    assert found == one.reference(x).tobytes() + other.reference(x).tobytes()


DEVICE = """
#include <one.h>
#include "nmcu_hal.h"

int8_t x[ONE_X_BYTES + 16] NMCU_L2 __attribute__((aligned(16)));
int8_t y[ONE_Y_BYTES] NMCU_L2 __attribute__((aligned(16)));
static int8_t workspace[ONE_WORKSPACE_BYTES] NMCU_L1 __attribute__((aligned(16)));

/* Every core comes here. */
int main(void)
{
    int code = one(workspace, one_weights, x, y);

    return code ? code : one(workspace, one_weights, x, y);
}
"""


@pytest.mark.parametrize(
    ("target", "isa"),
    [("cluster8", "xcv"), ("cluster8", "rv32"), ("cluster8", "gmac"), ("cv32e40p", "xcv"), ("ibex", "rv32")],
)
@pytest.mark.parametrize("layer", LAYERS)
def test_all_cores_run_it_twice_in_a_row(layer: str, target: str, isa: str) -> None:
    one = function(layer, target=target, isa=isa)
    files = {**one.program.files, "main.c": DEVICE}
    program = replace(one.program, files=files, sources=(*one.program.sources, "main.c"))
    machine = one.call.machine
    image, x = build(program, machine.target, machine.isa), given(one)
    result = simulate(
        image.elf,
        image.target,
        isa=image.isa,
        writes={image.symbols["x"]: x.tobytes()},
        reads=[(image.symbols["y"], int(np.prod(one.output_shape)))],
        max_cycles=10_000_000,
    )
    assert result.exit_code == 0
    assert result.memory[0] == one.reference(x).tobytes()


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_example_runs(compiler: str) -> None:
    if compiler == "gcc" and shutil.which(GCC) is None:
        pytest.skip(f"{GCC} is not installed (Debian: gcc-riscv64-unknown-elf)")
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), compiler], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "word_gather" in done.stdout and ", 0 of 16384 results differ" in done.stdout


MISUSES = [
    ("one(0, one_weights, x, y)", "NULL"),
    ("one(workspace, 0, x, y)", "NULL"),
    ("one(workspace, one_weights, 0, y)", "NULL"),
    ("one(workspace, one_weights, x, 0)", "NULL"),
    ("one(workspace + 4, one_weights, x, y)", "MISALIGNED"),
    ("one(workspace, (const char *)one_weights + 4, x, y)", "MISALIGNED"),
    ("one(workspace, one_weights, x + 1, y)", "MISALIGNED"),
    ("one(workspace, one_weights, x, y + 2)", "MISALIGNED"),
    ("one(workspace, one_weights, x, y)", "OK"),
]


def test_each_misuse_has_a_code_and_only_the_layers_names_are_seen(tmp_path: Path) -> None:
    function("1:8", target="rp2350").save(tmp_path / "one")
    lines = "".join(
        f"    if ({call} != ONE_{code}) return {number};\n" for number, (call, code) in enumerate(MISUSES, 1)
    )
    main = f"""
#include <one.h>
static char workspace[ONE_WORKSPACE_BYTES + 16] __attribute__((aligned(16)));
static int8_t x[ONE_X_BYTES + 16] __attribute__((aligned(4))), y[ONE_Y_BYTES + 4] __attribute__((aligned(4)));
int main(void)
{{
{lines}    return 0;
}}
"""
    firmware.call([str(firmware.program(tmp_path, main, [tmp_path / "one"], "cc"))])
    symbols = firmware.call(["nm", *map(str, (tmp_path / "one" / "objects").iterdir())]).decode()
    defined = [line.split() for line in symbols.splitlines() if len(line.split()) == 3]
    seen = {name for _, kind, name in defined if kind.isupper()}
    assert "one" in seen and all(name == "one" or name.startswith("one_") for name in seen)


def test_what_it_says_of_itself() -> None:
    one = function("1:8", target="cluster8", isa="xcv")
    assert one.prototype == "int one(void *workspace, const void *packed, const int8_t *x, int8_t *y);"
    assert one.prototype in one.files()["src/one.h"].decode()
    assert str(one).startswith(one.prototype)
    assert one.packed == one.program.files["one_weights.bin"]
    assert (one.input_shape, one.output_shape) == ((1, 7, 9, 8), (1, 7, 9, 12))
    small = function("1:8", target="cluster8", isa="xcv", most_workspace=2000)
    assert small.workspace_bytes <= 2000 < one.workspace_bytes
    assert function("1:8", target="cluster8", kernel="dense_4x4").kernel == "dense_4x4"


W = np.zeros((4, 1, 1, 4), np.int8)
MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"weight": W.astype(np.float32)}, "layer 'one': weight is float32 of shape"),
    ({"weight": W[0]}, r"\(1, 1, 4\); int8 \(Cout, KH, KW, Cin/groups\) or \(Cout, Cin\) is needed"),
    ({"shape": (4, 4)}, r"layer 'one': shape is \(4, 4\).* \(height, width, Cin\) is needed"),
    ({"shape": (4, 4, 3)}, r"node 'one': Conv2d: weight .* does not fit 3 channels"),
    ({"shape": (0, 4, 4)}, r"tensor 'x' has shape \(1, 0, 4, 4\)"),
    ({"weight_scale": 0.0}, "layer 'one': weight_scale has to be one positive number, or 4"),
    ({"weight_scale": [1.0, 2.0]}, "layer 'one': weight_scale has to be one positive number, or 4"),
    ({"bias": [1.5] * 4}, "layer 'one': bias is float64 of shape"),
    ({"bias": [1]}, r"layer 'one': bias is int64 of shape \(1,\); integers of shape \(4,\) are needed"),
    ({"x": (0.1, 300)}, "layer 'one': x has scale 0.1 and zero point 300"),
    ({"y": (float("nan"), 0)}, "layer 'one': y has scale nan"),
    ({"lo": 4, "hi": 3}, "layer 'one': results from 4 to 3"),
    ({"strides": (1,)}, "node 'one': Conv2d: strides, dilations and pads need 2, 2 and 4 entries"),
    ({"kernel": "dens"}, "one=dens: there is no kernel 'dens'; for conv: .*dense_4x4"),
    ({"kernel": "softmax"}, "one=softmax: "),
    ({"most_workspace": 16, "target": "cluster8"}, "node 'one' .* needs buffers of"),
    ({"name": "int main"}, "a layer cannot be called 'int main'"),
    ({"name": "conv"}, "a layer cannot be called 'conv'"),
    ({"target": "nothing"}, "nothing"),
]


@pytest.mark.parametrize(("mistake", "message"), MISTAKES, ids=[str(m) for _, m in MISTAKES])
def test_mistakes_are_told_in_a_sentence(mistake: dict[str, Any], message: str) -> None:
    right = {
        "name": "one",
        "weight": W,
        "weight_scale": 0.1,
        "shape": (4, 4, 4),
        "x": (1.0, 0),
        "y": (1.0, 0),
    }
    with pytest.raises(nmcu.NmcuError, match=message) as found:
        nmcu.layer_function(**{**right, **mistake})
    assert "\n" not in str(found.value)


def test_other_weights_that_need_another_function_are_refused() -> None:
    one = function("1:8", target="cluster8", isa="xcv")
    shape, scale = LAYERS["1:8"][0], 0.02
    with pytest.raises(
        nmcu.NmcuError, match=r"do not fit one, made for others \(.*\): make a function of them"
    ):
        one.pack(weights(shape, None), scale)
    with pytest.raises(nmcu.NmcuError, match="another pattern"):
        one.pack(weights(shape, "1:4"), scale)
    with pytest.raises(nmcu.NmcuError, match="another shape"):
        one.pack(weights((16, *shape[1:]), "1:8"), scale)
    with pytest.raises(
        nmcu.NmcuError, match=r"x is int8 of shape \(1,\); int8 of shape \(1, 7, 9, 8\) is needed"
    ):
        one.reference(np.zeros(1, np.int8))
