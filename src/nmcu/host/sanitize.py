"""Runs a generated program on this machine under AddressSanitizer and UndefinedBehaviourSanitizer."""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nmcu.codegen import Program
from nmcu.errors import NmcuError, ToolchainError
from nmcu.host.library import HAL_DIRS
from nmcu.toolchain.build import write_files

FLAGS = (
    *("-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror"),
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
            *("driver.c", *(source for source in program.sources if source != "main.c")),
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
    """A `main` that reads all inputs from standard input and writes all outputs to standard output."""
    reads = "".join(
        f"    if (fread({p.symbol}, sizeof {p.symbol}, 1, stdin) != 1) return 2;\n" for p in program.inputs
    )
    writes = "".join(f"    fwrite({p.symbol}, sizeof {p.symbol}, 1, stdout);\n" for p in program.outputs)
    return (
        '#include <stdio.h>\n#include "network.h"\n\n'
        f"int main(void)\n{{\n{reads}    network_run();\n{writes}    return 0;\n}}\n"
    )


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
