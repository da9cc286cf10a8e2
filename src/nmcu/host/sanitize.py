"""Runs a generated program on this machine under AddressSanitizer and UndefinedBehaviourSanitizer."""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nmcu.codegen import Port, Program
from nmcu.errors import NmcuError, ToolchainError
from nmcu.host.library import HAL_DIRS
from nmcu.toolchain.build import write_files

FLAGS = (
    *("-std=gnu11", "-ffp-contract=off", "-O1", "-g", "-Wall", "-Wextra", "-Werror"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
)
COMPILERS = ("gcc", "clang")


def run_sanitized(
    program: Program, inputs: Mapping[str, NDArray[Any]], seconds: float = 60
) -> dict[str, NDArray[Any]]:
    """Outputs (by tensor name) of a program planned for `host.ISA`, in a process of its own.

    The system's compiler builds it, because the sanitizers' run-time libraries come with that. Raises
    `ToolchainError` where there is none or it refuses the code, `NmcuError` with the sanitizer's first finding.
    """
    compiler = next((found for name in COMPILERS if (found := shutil.which(name))), None)
    if compiler is None:
        raise ToolchainError(
            f"none of the compilers {', '.join(COMPILERS)} is installed: the sanitizers need one"
        )
    with tempfile.TemporaryDirectory(prefix="nmcu-sanitized-") as name:
        folder = Path(name)
        write_files(program, folder)
        (folder / "driver.c").write_text(_driver(program))
        command = [
            compiler,
            *FLAGS,
            *(f"-D{key}={value}" for key, value in sorted(program.defines.items())),
            *(f"-I{path}" for path in (folder, *program.include_dirs, *HAL_DIRS)),
            *("driver.c", *program.library_sources),
            *map(str, program.library),
            *("-o", "program"),
        ]
        built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if built.returncode != 0:
            raise ToolchainError(
                f"cannot build the program for the sanitizers: {_first(built.stderr)}", built.stderr
            )
        feed = b"".join(inputs[port.name].tobytes() for port in program.inputs)
        command = [str(folder / "program")]
        try:
            done = subprocess.run(command, input=feed, capture_output=True, check=False, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise NmcuError(
                f"the program did not end within {seconds} seconds under the sanitizers"
            ) from error
    if done.returncode != 0:
        raise NmcuError(
            f"the program fails under the sanitizers: {_first(done.stderr.decode(errors='replace'))}"
        )
    return _outputs(program, done.stdout)


def _driver(program: Program) -> str:
    """A `main` that reads all inputs from standard input and writes all outputs to standard output. All memory is from
    the heap, where the sanitizers know its ends."""
    network = program.network
    name, memories = network.name, network.memories
    given = ", ".join(f"take({size}), {size}" for size in list(memories.values())[1:])
    reads = "".join(
        f"    if (fread((void *)in[{i}].data, in[{i}].bytes, 1, stdin) != 1) return 2;\n"
        for i in range(len(program.inputs))
    )
    writes = "".join(
        f"    fwrite(out[{i}].data, out[{i}].bytes, 1, stdout);\n" for i in range(len(program.outputs))
    )
    return f"""\
#include <stdio.h>
#include <stdlib.h>

#include "{name}.h"

static void *taken[{len(memories) + len(program.inputs) + len(program.outputs)}]; /* so that nothing is lost */

static void *take(size_t bytes)
{{
    static int count;
    if (posix_memalign(&taken[count], {network.alignment}, bytes)) exit(2);
    return taken[count++];
}}

int main(void)
{{
    void *const arena = take({memories["arena"]});
    const {name}_input_t in[] = {{{_list(program.inputs)}}};
    const {name}_output_t out[] = {{{_list(program.outputs)}}};

    if ({name}_init(arena, {memories["arena"]}{", " if given else ""}{given}) != 0) return 3;
{reads}    if ({name}_run(arena, in, out) != 0) return 4;
{writes}    return 0;
}}
"""


def _list(ports: tuple[Port, ...]) -> str:
    return ", ".join(f"{{take({port.bytes}), {port.bytes}}}" for port in ports)


def _outputs(program: Program, data: bytes) -> dict[str, NDArray[Any]]:
    found, offset = {}, 0
    for port in program.outputs:
        found[port.name] = port.array(data[offset : offset + port.bytes])
        offset += port.bytes
    return found


def _first(text: str) -> str:
    """The first line that says what is wrong."""
    lines = [line.strip() for line in text.splitlines() if "error" in line.lower()]
    return lines[0] if lines else "no message"
