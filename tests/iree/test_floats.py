"""Float functions that IREE's code calls, on a core without a floating-point unit, against this machine's."""

import ctypes
import ctypes.util
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu import sim, targets, toolchain
from nmcu.isa import InstructionSet
from nmcu.kernels.iree.spec import FILES

Floats = NDArray[np.float32]
COUNT = 600
LONG = {"from_longs": 4, "from_unsigned": 4, "to_longs": 8, "to_unsigned": 8}
"""Bytes of what is converted from and to 64 bits."""
ONE = ("truncf", "floorf", "ceilf", "roundf", "rintf", "roundevenf")
TWO = ("fmaxf", "fminf", "fmodf", "fmaximumf", "fminimumf")
NUMPY: dict[str, Any] = {"fmaximumf": np.maximum, "fminimumf": np.minimum}
"""What C libraries have since C23 only."""
PROGRAM = f"""
#include <stdint.h>
#include "nmcu_hal.h"
{"".join(f"float nmcu_iree_{name}(float x);" for name in ONE)}
{"".join(f"float nmcu_iree_{name}(float x, float y);" for name in TWO)}
float nmcu_iree_fmaf(float x, float y, float z);
float x[{COUNT}] NMCU_L1, y[{COUNT}] NMCU_L1, z[{COUNT}] NMCU_L1;
{"".join(f"float {name}_of[{COUNT}] NMCU_L1;" for name in (*ONE, *TWO, "fmaf"))}
uint32_t nmcu_iree_floatdisf(int64_t x);
uint32_t nmcu_iree_floatundisf(uint64_t x);
int64_t nmcu_iree_fixsfdi(float x);
uint64_t nmcu_iree_fixunssfdi(float x);
int64_t longs[{COUNT}] NMCU_L1, to_longs[{COUNT}] NMCU_L1;
uint64_t to_unsigned[{COUNT}] NMCU_L1;
uint32_t from_longs[{COUNT}] NMCU_L1, from_unsigned[{COUNT}] NMCU_L1;
int32_t integers[{COUNT}] NMCU_L1;
uint32_t naturals[{COUNT}] NMCU_L1;

int main(void) {{
  for (int i = 0; i < {COUNT}; i++) {{
    {"".join(f"{name}_of[i] = nmcu_iree_{name}(x[i]);" for name in ONE)}
    {"".join(f"{name}_of[i] = nmcu_iree_{name}(x[i], y[i]);" for name in TWO)}
    fmaf_of[i] = nmcu_iree_fmaf(x[i], y[i], z[i]);
    integers[i] = (int32_t)x[i];
    naturals[i] = (uint32_t)y[i];
    from_longs[i] = nmcu_iree_floatdisf(longs[i]);
    from_unsigned[i] = nmcu_iree_floatundisf((uint64_t)longs[i]);
    to_longs[i] = nmcu_iree_fixsfdi(x[i]);
    to_unsigned[i] = nmcu_iree_fixunssfdi(y[i]);
  }}
  return 0;
}}
"""
SPECIAL = (
    0.0,
    -0.0,
    np.inf,
    -np.inf,
    np.nan,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    1e-45,
    -1e-45,
    3.4e38,
    1.17e-38,
    8388609,
)


def _numbers(seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    halves = rng.integers(-4000, 4000, COUNT) / 2
    any_size = rng.standard_normal(COUNT) * 2.0 ** rng.integers(-140, 120, COUNT)
    found = np.where(rng.random(COUNT) < 0.5, halves, any_size)
    return np.where(rng.random(COUNT) < 0.2, rng.choice(SPECIAL, COUNT), found).astype(np.float32)


def _here(name: str, *arguments: Floats) -> Floats:
    """What this machine's C library makes of them."""
    if name in NUMPY:
        return np.asarray(NUMPY[name](*arguments), np.float32)
    function = getattr(ctypes.CDLL(ctypes.util.find_library("m")), name)
    function.restype = ctypes.c_float
    function.argtypes = [ctypes.c_float] * len(arguments)
    return np.array([function(*map(float, each)) for each in zip(*arguments, strict=True)], np.float32)


def test_equal_this_machines_functions(tmp_path: Path) -> None:
    source = tmp_path / "program.c"
    source.write_text(PROGRAM)
    target = targets.get("cv32e40p")
    image = toolchain.build([source, *FILES], target, InstructionSet(), include_dirs=[FILES[0].parent])
    x, y, z = map(_numbers, range(3))
    cancel = np.arange(COUNT) % 4 == 0
    with np.errstate(all="ignore"):
        z = np.where(cancel, -(x * y), z)  # what is left are the bits that a product loses
    names = [*(f"{name}_of" for name in (*ONE, *TWO, "fmaf")), "integers", "naturals"]
    longs = np.random.default_rng(3).integers(-(2**63), 2**63, COUNT, np.int64) >> (np.arange(COUNT) % 64)
    given = (("x", x), ("y", y), ("z", z), ("longs", longs))
    writes = {image.symbols[name]: array.tobytes() for name, array in given}
    names += LONG
    reads = [(image.symbols[name], LONG.get(name, 4) * COUNT) for name in names]
    memory = dict(
        zip(
            names, sim.simulate(image.elf, target, isa="rv32", writes=writes, reads=reads).memory, strict=True
        )
    )
    for name, arguments in (*((n, (x,)) for n in ONE), *((n, (x, y)) for n in TWO), ("fmaf", (x, y, z))):
        found, wanted = np.frombuffer(memory[f"{name}_of"], np.float32), _here(name, *arguments)
        assert np.array_equal(found, wanted, equal_nan=True), name
        if not name.startswith(("fmax", "fmin")):  # of zeros either
            numbers = ~np.isnan(wanted)
            assert np.array_equal(np.signbit(found[numbers]), np.signbit(wanted[numbers])), name
    real = np.nan_to_num(x.astype(np.float64), nan=0)
    assert np.array_equal(
        np.frombuffer(memory["integers"], np.int32), np.trunc(np.clip(real, -(2.0**31), 2.0**31 - 1))
    )
    real = np.nan_to_num(y.astype(np.float64), nan=0)
    assert np.array_equal(
        np.frombuffer(memory["naturals"], np.uint32), np.trunc(np.clip(real, 0, 2.0**32 - 1))
    )
    for name, given in (("from_longs", longs), ("from_unsigned", longs.astype(np.uint64))):
        assert np.array_equal(np.frombuffer(memory[name], np.float32), given.astype(np.float32)), name
    for name, number, dtype in (("to_longs", x, np.int64), ("to_unsigned", y, np.uint64)):
        ends = np.iinfo(dtype)
        wanted = [min(max(int(v), ends.min), ends.max) for v in np.nan_to_num(number).tolist()]
        assert np.frombuffer(memory[name], dtype).tolist() == wanted, name
