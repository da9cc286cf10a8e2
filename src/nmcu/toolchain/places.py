"""Where the files of a program lie in a project that stands alone."""

from collections.abc import Mapping
from pathlib import Path

from nmcu.codegen.program import Program
from nmcu.errors import ToolchainError
from nmcu.isa import InstructionSet
from nmcu.targets import Target
from nmcu.toolchain.build import PACKAGE_DIR

Roots = Mapping[Path, str]
"""Names in the project of folders that hold library files."""


def roots_of(program: Program, target: Target, isa: InstructionSet) -> Roots:
    """The package, and the folders outside of it that the target, extensions and kernels bring."""
    return {
        PACKAGE_DIR: "nmcu",
        target.folder: f"nmcu/targets/{target.name}",
        **{e.include: f"nmcu/isa/{e.name}" for e in isa.extensions if e.include},
        **{folder: f"nmcu/{name}" for folder, name in program.folders.items()},
    }


def place_of(path: Path, roots: Roots) -> str:
    """Where a library file lies in the project: under the name of the first of `roots` that holds it."""
    for root, name in roots.items():
        if path.is_relative_to(root):
            return f"{name}/{path.relative_to(root).as_posix()}"
    raise ToolchainError(
        f"{path} is outside the package and of no kernel: a C project takes library files of kernels only"
    )
