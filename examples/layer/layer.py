"""One packed 1:8 convolution in a C program of one's own: no network, no planner.

    python examples/layer/layer.py [gcc|clang]

makes the layer for an RP2350, compiles it with `main.c`, `start.S` and `link.ld` beside this file by Debian's
riscv64-unknown-elf-gcc, or by the clang that nmcu brings, and runs the program on the simulator, on both cores. The
program compares each result with the reference's.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import nmcu
from nmcu import sparsity
from nmcu.toolchain import find_compiler

HERE = Path(__file__).parent
GCC = "riscv64-unknown-elf-gcc"
FLAGS = ("-march=rv32imac_zicsr", "-mabi=ilp32", "-ffreestanding", "-O2", "-Wall", "-Wextra", "-Werror")
SHAPE = (16, 16, 32)
COUT = 64


def main(compiler: str = "gcc") -> None:
    """Prints what was made and how many cycles it took; ends with 1 where a result differs."""
    rng = np.random.default_rng(1)
    weight = rng.integers(-127, 128, (COUT, 3, 3, SHAPE[2])).astype(np.int8)
    weight *= sparsity.mask(weight, sparsity.NMPattern.parse("1:8"))
    layer = nmcu.layer_function(
        "conv1",
        weight,
        weight_scale=0.02,
        bias=rng.integers(-1000, 1000, COUT),
        shape=SHAPE,
        x=(0.05, 3),
        y=(1.0, -5),
        pads=(1, 1, 1, 1),
        target="rp2350",
    )
    print(layer)
    x = rng.integers(-128, 128, layer.input_shape).astype(np.int8)
    with tempfile.TemporaryDirectory(prefix="nmcu-layer-") as folder:
        work = Path(folder)
        layer.save(work / "conv1")
        data = {"x": x, "expected": layer.reference(x)}
        (work / "data.h").write_text("".join(_array(name, values) for name, values in data.items()))
        elf = built(work, compiler)
    result = nmcu.sim.simulate(elf, nmcu.targets.get("rp2350"), isa="rv32")
    print(
        f"{compiler}: {result.cycles:,} cycles, {result.exit_code} of {layer.reference(x).size} results differ"
    )
    sys.exit(result.exit_code != 0)


def built(work: Path, compiler: str) -> bytes:
    """The ELF file of the program with the layer in `work`/conv1."""
    tools = find_compiler()
    command = (GCC,) if compiler == "gcc" else (*tools.cc, "-mno-relax")
    library = work / "conv1" / "src"
    sources = [
        path for folder in (library, HERE) for path in folder.rglob("*") if path.suffix in (".c", ".S")
    ]
    objects = []
    for number, source in enumerate(sources):
        objects.append(str(work / f"{number}.o"))
        call(*command, *FLAGS, f"-I{library}", f"-I{work}", "-c", str(source), "-o", objects[-1])
    output, script = work / "program.elf", ("-T", str(HERE / "link.ld"), "-o", str(work / "program.elf"))
    if compiler == "gcc":
        call(GCC, *FLAGS, "-nostdlib", *objects, *script, "-lgcc")
    else:
        call(*tools.ld, "-m", "elf32lriscv", "--no-relax", *objects, *script)
    return output.read_bytes()


def call(*command: str) -> None:
    """Runs a command that must succeed."""
    subprocess.run(command, check=True)


def _array(name: str, values: NDArray[np.int8]) -> str:
    numbers = ", ".join(map(str, values.ravel()))
    return f"static const int8_t {name}[] __attribute__((aligned(4))) = {{{numbers}}};\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
