"""Runs one kernel on one layer: a program that is nothing but the layer, for this machine or for the simulator.

Every buffer is an array of its own, so that AddressSanitizer sees an access outside any of them.
"""

import functools
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isas import BUILT_IN
from nmcu import kernels, targets, toolchain
from nmcu.codegen import cprint
from nmcu.codegen.program import Port, Program
from nmcu.graph import Builder, Layer, TensorInfo, reference
from nmcu.graph.op import Array, Op
from nmcu.isa import named
from nmcu.kernels import Addresses, Candidate, Kernel, Machine
from nmcu.sim import SimResult, simulate
from nmcu.targets.target import TARGETS_DIR

Int8 = NDArray[np.int8]


def layer(
    op: Op, constants: Mapping[str, Array], inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo]
) -> Layer:
    """The layer of a graph that has no other."""
    builder = Builder()
    device = [
        builder.input(TensorInfo(f"in{i}", x.shape, "int8"), x, tuple(range(len(x.shape))))
        for i, x in enumerate(inputs)
    ]
    for i, y in enumerate(builder.add("layer", op, device, outputs, constants)):
        builder.output(y, TensorInfo(f"out{i}", y.shape, y.dtype), tuple(range(len(y.shape))), y.shape)
    (only,) = builder.finish().layers
    return only


def machine(isa: str = "rv32", target: str = "cluster8") -> Machine:
    return Machine(targets.get(target), named(isa))


def runs(found: Layer, isa: str, names: str = "*", limit: int = 4) -> Iterator[tuple[Kernel, Candidate]]:
    """Some candidates of every kernel that runs `found`: the best, the worst, and those between."""
    where = machine(isa)
    accepted = False
    for kernel in BUILT_IN.kernels.values():
        if kernels.fits(kernel, found, where, names) is None:
            accepted = True
            every = list(kernel.candidates(found, where))
            assert every, f"{kernel.name} has no tiling for {[t.shape for t in found.inputs]}"
            for candidate in every[:: max(1, -(-len(every) // limit))]:
                yield kernel, candidate
    assert accepted, f"no kernel runs {found.kind}"


def random_inputs(found: Layer, seed: int = 0) -> list[Int8]:
    """Random bytes, and more often than by chance the smallest and the largest."""
    rng = np.random.default_rng(seed)
    arrays = []
    for tensor in found.inputs:
        x = rng.integers(-128, 128, tensor.shape).astype(np.int8)
        extreme = rng.random(tensor.shape) < 0.1
        arrays.append(np.where(extreme, np.where(x < 0, -128, 127), x).astype(np.int8))
    return arrays


def program(found: Layer, kernel: Kernel, candidate: Candidate, isa: str, main: str) -> Program:
    """C text that defines the layer's descriptor and all its memory, and `main`."""
    constants = {key: packed.data for key, packed in kernel.pack(found).items()}
    at = Addresses(
        inputs=tuple(f"input{i}" for i in range(len(found.inputs))),
        outputs=tuple(f"output{i}" for i in range(len(found.outputs))),
        constants={key: f"constant_{key}" for key in constants},
        l1={key: f"l1_{key}" for key in candidate.l1},
    )
    lines = [f'#include "{header}"' for header in kernel.headers]
    lines += ['#include "nmcu_hal.h"', ""]
    for names, tensors in ((at.inputs, found.inputs), (at.outputs, found.outputs)):
        lines += [f"int8_t {n}[{t.bytes}] NMCU_L2;" for n, t in zip(names, tensors, strict=True)]
    behind = candidate.l1.get("behind", 0)  # what may be read behind any buffer
    lines += [
        f"static int8_t l1_{key}[{size + behind}] NMCU_L1 __attribute__((aligned(16)));"
        for key, size in candidate.l1.items()
        if key != "behind"
    ]
    for key, data in constants.items():
        values = ",".join(map(str, data))
        lines.append(
            f"static const uint8_t constant_{key}[{len(data)}] __attribute__((aligned(16))) = {{{values}}};"
        )
    lines.append(cprint.constant(kernel.descriptor(found, candidate.parameters, at), "layer"))
    lines.append(main.replace("RUN", f"{kernel.function}(&layer)"))
    return Program(
        files={"program.c": "\n".join(lines)},
        sources=("program.c",),
        include_dirs=kernel.include_dirs(named(isa)),
        library=kernel.library(named(isa)),
        inputs=tuple(Port(n, n, t.shape) for n, t in zip(at.inputs, found.inputs, strict=True)),
        outputs=tuple(Port(n, n, t.shape) for n, t in zip(at.outputs, found.outputs, strict=True)),
        regions={1: "layer"},
    )


def host_outputs(found: Layer, kernel: Kernel, candidate: Candidate, inputs: Sequence[Int8]) -> list[Array]:
    """Outputs of the portable bodies, run on this machine under AddressSanitizer and UndefinedBehaviourSanitizer."""
    reads = "".join(
        f"if (fread(input{i}, {t.bytes}, 1, stdin) != 1) return 2;" for i, t in enumerate(found.inputs)
    )
    writes = "".join(f"fwrite(output{i}, {t.bytes}, 1, stdout);" for i, t in enumerate(found.outputs))
    text = program(
        found,
        kernel,
        candidate,
        "rv32",
        f"#include <stdio.h>\nint main(void) {{ {reads} RUN; {writes} return 0; }}",
    )
    with tempfile.TemporaryDirectory() as folder:
        source, binary = Path(folder) / "program.c", Path(folder) / "program"
        source.write_text(str(text.files["program.c"]))
        hal = (TARGETS_DIR / "host", TARGETS_DIR / "common")
        objects = [_host_object(path, (*text.include_dirs, *hal)) for path in text.library]
        includes = [f"-I{d}" for d in (*text.include_dirs, *hal)]
        subprocess.run([*_host_compiler(), *includes, source, *objects, "-o", binary], check=True)
        done = subprocess.run(
            [binary],
            input=b"".join(x.tobytes() for x in inputs),
            capture_output=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr.decode()
    return _split(found, done.stdout)


def simulated(
    found: Layer,
    kernel: Kernel,
    candidate: Candidate,
    inputs: Sequence[Int8],
    isa: str,
    target: str = "cluster8",
) -> tuple[list[Array], SimResult]:
    """Outputs and statistics of a run on the simulator; the layer is region 1."""
    main = "int main(void) { nmcu_region(1); RUN; nmcu_region(0); return 0; }"
    text = program(found, kernel, candidate, isa, main)
    image = toolchain.build(text, targets.get(target), named(isa))
    writes = {image.symbols[p.symbol]: x.tobytes() for p, x in zip(text.inputs, inputs, strict=True)}
    reads = [(image.symbols[p.symbol], t.bytes) for p, t in zip(text.outputs, found.outputs, strict=True)]
    result = simulate(
        image.elf, targets.get(target), isa=isa, writes=writes, reads=reads, max_cycles=200_000_000
    )
    assert result.exit_code == 0
    return _split(found, b"".join(result.memory)), result


def layer_cycles(result: SimResult) -> int:
    """Cycles from the first core that enters the layer to the last that leaves it."""
    visits = [visit for region in result.regions if region.region == 1 for visit in region.visits]
    return max(end for _, end in visits) - min(start for start, _ in visits)


def check_simulated(
    found: Layer, isa: str = "xcv", names: str = "*", seed: int = 0, limit: int = 3, target: str = "cluster8"
) -> dict[str, int]:
    """Every kernel for `found`, in several tilings, equals the reference on the simulator; cycles by kernel."""
    inputs = random_inputs(found, seed)
    expected = reference.run_layer(found, inputs)
    cycles: dict[str, int] = {}
    for kernel, candidate in runs(found, isa, names, limit):
        actual, result = simulated(found, kernel, candidate, inputs, isa, target)
        for want, got in zip(expected, actual, strict=True):
            np.testing.assert_array_equal(got, want, err_msg=f"{kernel.name} {dict(candidate.parameters)}")
        cycles[kernel.name] = min(cycles.get(kernel.name, 10**9), layer_cycles(result))
    return cycles


def check_host(found: Layer, names: str = "*", seed: int = 0, limit: int = 2) -> None:
    """Every kernel for `found`, in several tilings, equals the reference on this machine."""
    inputs = random_inputs(found, seed)
    expected = reference.run_layer(found, inputs)
    for kernel, candidate in runs(found, "rv32", names, limit):
        actual = host_outputs(found, kernel, candidate, inputs)
        for want, got in zip(expected, actual, strict=True):
            np.testing.assert_array_equal(got, want, err_msg=f"{kernel.name} {dict(candidate.parameters)}")


def _host_compiler() -> list[str]:
    compiler = shutil.which("gcc") or shutil.which("clang") or "cc"
    flags = "-std=c11 -O1 -g -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all"
    return [compiler, *flags.split()]


@functools.cache
def _objects() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="nmcu-kernel-objects-")


@functools.cache
def _host_object(path: Path, include_dirs: tuple[Path, ...]) -> Path:
    output = Path(_objects().name) / f"{path.stem}-{abs(hash((path, include_dirs)))}.o"
    includes = [f"-I{d}" for d in include_dirs]
    subprocess.run([*_host_compiler(), *includes, "-c", path, "-o", output], check=True)
    return output


def _split(found: Layer, data: bytes) -> list[Array]:
    arrays, offset = [], 0
    for tensor in found.outputs:
        part = data[offset : offset + tensor.bytes]
        arrays.append(np.frombuffer(part, tensor.dtype).reshape(tensor.shape))
        offset += tensor.bytes
    return arrays
