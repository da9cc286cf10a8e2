"""Runs one layer by one kernel, on this machine under sanitizers or on the simulator."""

import functools
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nmcu import toolchain
from nmcu.errors import ToolchainError
from nmcu.graph import Layer
from nmcu.host.library import HAL_DIRS
from nmcu.host.sanitize import COMPILERS
from nmcu.isa import PORTABLE
from nmcu.kernels import Candidate, Kernel, Machine
from nmcu.sim import SimResult, simulate
from nmcu.testing.layer import Array
from nmcu.testing.program import program

FLAGS = (
    *("-std=c11", "-ffp-contract=off", "-O1", "-g", "-Wall", "-Wextra", "-Werror"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
)
MAX_CYCLES = 200_000_000
SECONDS = 60


def on_host(
    layer: Layer, kernel: Kernel, candidate: Candidate, inputs: Sequence[Array], machine: Machine
) -> list[Array]:
    """Outputs of the portable bodies on this machine, under AddressSanitizer and UndefinedBehaviourSanitizer; operands
    are staged as on `machine`.

    Raises `ToolchainError` where there is no C compiler or it refuses the code, `AssertionError` with what a sanitizer
    found, and where the kernel does not end or writes into its inputs.
    """
    reads = "".join(
        f"if (fread(input{i}, {t.bytes}, 1, stdin) != 1) return 2;" for i, t in enumerate(layer.inputs)
    )
    writes = "".join(f"fwrite(output{i}, {t.bytes}, 1, stdout);" for i, t in enumerate(layer.outputs))
    writes += "".join(f"fwrite(input{i}, {t.bytes}, 1, stdout);" for i, t in enumerate(layer.inputs))
    main = f"#include <stdio.h>\nint main(void) {{ {reads} RUN; {writes} return 0; }}"
    made = program(layer, kernel, candidate, PORTABLE, main, staged=machine.staged)
    staged = () if machine.staged else ("-DNMCU_STAGED=0",)
    includes = (*staged, *(f"-I{folder}" for folder in (*made.include_dirs, *HAL_DIRS)))
    with tempfile.TemporaryDirectory(prefix="nmcu-kernel-") as folder:
        source, binary = Path(folder) / "program.c", Path(folder) / "program"
        source.write_text(str(made.files["program.c"]))
        objects = [_object(path, path.read_bytes(), includes) for path in made.library]
        _compile([*includes, str(source), *map(str, objects), "-o", str(binary)])
        feed = b"".join(x.tobytes() for x in inputs)
        try:
            done = subprocess.run(
                [str(binary)], input=feed, capture_output=True, check=False, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{kernel.name}: the kernel does not end; it was stopped after {SECONDS} s on this machine"
            ) from None
    assert done.returncode == 0, f"{kernel.name}: {done.stderr.decode(errors='replace')}"
    return _outputs(layer, kernel, inputs, done.stdout)


def on_simulator(
    layer: Layer, kernel: Kernel, candidate: Candidate, inputs: Sequence[Array], machine: Machine
) -> tuple[list[Array], int]:
    """Outputs of a run on `machine`'s simulator, and the cycles from the first core that enters the layer to the last
    that leaves it.

    Raises `ToolchainError` where the compiler refuses the code, `SimulationFault` where the program does what the
    machine does not allow or does not end, `AssertionError` where it writes into its inputs.
    """
    main = "int main(void) { nmcu_region(1); RUN; nmcu_region(0); return 0; }"
    made = program(layer, kernel, candidate, machine.isa, main, staged=machine.staged)
    image = toolchain.build(made, machine.target, machine.isa)
    ports, tensors = (*made.outputs, *made.inputs), (*layer.outputs, *layer.inputs)
    result = simulate(
        image.elf,
        machine.target,
        isa=machine.isa,
        writes={image.symbols[p.symbol]: x.tobytes() for p, x in zip(made.inputs, inputs, strict=True)},
        reads=[(image.symbols[p.symbol], t.bytes) for p, t in zip(ports, tensors, strict=True)],
        max_cycles=MAX_CYCLES,
    )
    assert result.exit_code == 0, f"{kernel.name}: exit code {result.exit_code}"
    return _outputs(layer, kernel, inputs, b"".join(result.memory)), _cycles(result)


def _cycles(result: SimResult) -> int:
    visits = [visit for region in result.regions if region.region == 1 for visit in region.visits]
    return max(end for _, end in visits) - min(start for start, _ in visits)


def _outputs(layer: Layer, kernel: Kernel, inputs: Sequence[Array], data: bytes) -> list[Array]:
    """The outputs among the bytes of outputs and inputs after the run; other layers may read the inputs, too."""
    arrays, offset = [], 0
    for tensor in (*layer.outputs, *layer.inputs):
        part = data[offset : offset + tensor.bytes]
        arrays.append(np.frombuffer(part, tensor.dtype).reshape(tensor.shape))
        offset += tensor.bytes
    outputs, after = arrays[: len(layer.outputs)], arrays[len(layer.outputs) :]
    for tensor, was, now in zip(layer.inputs, inputs, after, strict=True):
        np.testing.assert_array_equal(
            now, was.reshape(now.shape), err_msg=f"{kernel.name} writes into its input {tensor.name}"
        )
    return outputs


def _compile(arguments: Sequence[str]) -> None:
    compiler = next((found for name in COMPILERS if (found := shutil.which(name))), None)
    if compiler is None:
        raise ToolchainError(
            f"none of the compilers {', '.join(COMPILERS)} is installed: the sanitizers need one"
        )
    done = subprocess.run([compiler, *FLAGS, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ToolchainError(f"the system's compiler refuses the kernel: {done.stderr}", done.stderr)


@functools.cache
def _objects() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="nmcu-kernel-objects-")


@functools.cache
def _object(path: Path, content: bytes, includes: tuple[str, ...]) -> Path:
    output = Path(_objects().name) / f"{path.stem}-{abs(hash((path, content, includes)))}.o"
    _compile([*includes, "-c", str(path), "-o", str(output)])
    return output
