"""IREE 3.13's own names, flags and messages: all of it that may be called otherwise in the next version."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import NmcuError
from nmcu.iree.missing import without_missing

Array = NDArray[Any]

VERSION = "3.13.0"
PACKAGES = ("iree-base-compiler", "iree-base-runtime")
DEVICE = ("--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu")
HOST = ("--iree-llvmcpu-target-cpu=generic",)
"""Without fused multiply-add, which a target's soft float does not have either."""
TARGET = (
    "--iree-llvmcpu-target-triple=riscv32-unknown-unknown-eabi-elf",
    "--iree-llvmcpu-target-cpu=generic-rv32",
    "--iree-llvmcpu-target-abi=ilp32",
    "--iree-llvmcpu-link-embedded=false",
    "--iree-llvmcpu-link-static=true",
    "--iree-llvmcpu-debug-symbols=false",
    "--iree-stream-resource-min-offset-alignment=4",
    "--iree-hal-memoization=false",
    "--iree-hal-indirect-command-buffers=false",
)
"""A static library for bare metal, whose buffers need no more than words do, and a schedule that is one function."""
ABI_VERSION = 6
"""Of what `assembly` and the executor know: a library's tables, and how its functions are called."""
CRASH = ("Stack dump:", "PLEASE submit a bug report")
"""How lines begin that it leaves when it dies."""
SECONDS = 600
"""For one piece of a network, imported and compiled."""


class IreeError(NmcuError):
    """IREE is missing or another version, or it cannot import or compile a piece of a network."""


@cache
def require() -> None:
    """Raise `IreeError` unless both packages of IREE are there in the one version that this module knows."""
    for package in PACKAGES:
        try:
            found = version(package)
        except PackageNotFoundError:
            raise IreeError(f"{package} is not installed: pip install 'nmcu[iree]'") from None
        if found != VERSION:
            raise IreeError(
                f"{package} {found} is installed; nmcu knows {VERSION} only: pip install 'nmcu[iree]'"
            )


def imported(model: bytes) -> str:
    """The MLIR text of an ONNX model; its function is called as the model's graph.

    Raises `IreeError` with IREE's own reason where it cannot import the model.
    """
    require()
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, "model.onnx"), Path(folder, "model.mlir")
        source.write_bytes(without_missing(model))
        _call(["iree.compiler.tools.import_onnx", str(source), "-o", str(result)], folder, "import")
        return result.read_text()


def compiled(module: str, flags: Sequence[str] = HOST) -> bytes:
    """IREE's own file (.vmfb) of an MLIR module, for this machine unless `flags` say another.

    Raises `IreeError` with IREE's own reason where it cannot compile the module.
    """
    require()
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, "model.mlir"), Path(folder, "model.vmfb")
        source.write_text(module)
        tool = ["iree.compiler.tools.scripts.iree_compile"]
        _call([*tool, str(source), "-o", str(result), *DEVICE, *flags], folder, "compile")
        return result.read_bytes()


def static_library(module: str, name: str, march: str) -> tuple[str, str]:
    """What IREE makes of an MLIR module for bare-metal cores of `march`: the assembly of its static library, whose
    symbols may have `name` in them, and its program for its hardware abstraction layer, the schedule.

    Raises `IreeError` with IREE's own reason where it cannot compile the module.
    """
    require()
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, f"{name}.mlir"), Path(folder, "schedule.mlir")
        source.write_text(module)
        flags = (
            *TARGET,
            f"--iree-llvmcpu-target-cpu-features={features(march)}",
            f"--iree-llvmcpu-static-library-output-path={folder}/library.o",
            f"--iree-hal-dump-executable-intermediates-to={folder}",
        )
        tool = ["iree.compiler.tools.scripts.iree_compile", "--compile-to=hal"]
        _call([*tool, str(source), "-o", str(result), *DEVICE, *flags], folder, "compile")
        assembly = "".join(path.read_text() for path in sorted(Path(folder).glob("*.s")))
        return assembly, result.read_text()


def features(march: str) -> str:
    """The value of `-march` as IREE's compiler is told it: `rv32imc_zicsr_xcvmac1p0` is `+m,+c,+zicsr,+xcvmac`."""
    base, *extensions = march.split("_")
    letters = base.removeprefix("rv32").removeprefix("i")
    return ",".join(f"+{re.sub(r'[0-9]+p[0-9]+$', '', name)}" for name in (*letters, *extensions))


def invoke(program: bytes, function: str, arrays: Sequence[Array]) -> tuple[Array, ...]:
    """The results of `function` of an IREE file for this machine."""
    from iree import runtime

    context = runtime.SystemContext(config=runtime.Config("local-sync"))
    module = runtime.VmModule.copy_buffer(context.instance, program)
    context.add_vm_module(module)
    results = getattr(context.modules, module.name)[function](*arrays)
    several = results if isinstance(results, list | tuple) else [results]
    return tuple(np.array(each.to_host()) for each in several)


def run_module(
    program: bytes, function: str, arrays: Sequence[Array], results: int, plugin: bytes
) -> tuple[Array, ...]:
    """The so many results of `function` of an IREE file for this machine, whose external functions are in the shared
    library `plugin`: by iree-run-module, because a process is told once which plug-ins there are.

    Raises `IreeError` with IREE's own reason where it fails.
    """
    require()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "program.vmfb").write_bytes(program)
        Path(folder, "plugin.so").write_bytes(plugin)
        for i, array in enumerate(arrays):
            np.save(Path(folder, f"in{i}.npy"), array)
        ports = [f"--input=@in{i}.npy" for i in range(len(arrays))]
        ports += [f"--output=@out{i}.npy" for i in range(results)]
        files = ("--module=program.vmfb", f"--executable_plugin={folder}/plugin.so", "--device=local-sync")
        tool = "iree._runtime.scripts.iree_run_module"
        _call([tool, *files, f"--function={function}", *ports], folder, "run")
        return tuple(np.load(Path(folder, f"out{i}.npy")) for i in range(results))


def _call(command: Sequence[str], folder: str, verb: str) -> str:
    environment = {**os.environ, "TMPDIR": folder}
    try:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise IreeError(f"IREE took more than {SECONDS} s to {verb} it") from None
    if done.returncode:
        raise IreeError(f"IREE cannot {verb} it: {_reason(done.stderr)}")
    return done.stderr


def _reason(text: str) -> str:
    """The first error of all that IREE said, without the place in a temporary file."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.split("error: ", 1)[1] for line in lines if "error: " in line]
    if not errors and any(line.startswith(CRASH) for line in lines):
        return "its compiler crashed"
    return (errors or lines[-1:] or ["it says nothing"])[0][:300]
