"""The files of the library that kernels need."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from nmcu.isa import PORTABLE, InstructionSet
from nmcu.kernels import Kernel
from nmcu.kernels.kernel import KERNELS_DIR


def library(used: Iterable[Kernel], isa: InstructionSet) -> tuple[Path, ...]:
    """The kernels' files, in an order, so at addresses and with cycles, that do not depend on where packages lie."""
    used = tuple(used)
    roots = {KERNELS_DIR: "kernels", **folders(used, isa)}

    def place(path: Path) -> Path:
        root = next(folder for folder in roots if path.is_relative_to(folder))
        return Path(roots[root]) / path.relative_to(root)

    return tuple(sorted({path for kernel in used for path in kernel.library(isa)}, key=place))


def portable(used: Iterable[Kernel]) -> tuple[Path, ...] | None:
    """The kernels' files for any machine; None where one has no portable body."""
    try:
        return library(used, PORTABLE)
    except KeyError:
        return None


def folders(used: Iterable[Kernel], isa: InstructionSet) -> Mapping[Path, str]:
    """Names for the folders outside the package that kernels have files in: those of the kernels."""
    found: dict[Path, str] = {}
    for kernel in used:
        for folder in kernel.include_dirs(isa):
            if folder not in found and not folder.is_relative_to(KERNELS_DIR):
                taken = sum(name.startswith(f"kernels/{kernel.name}") for name in found.values())
                found[folder] = f"kernels/{kernel.name}" + (f"_{taken + 1}" if taken else "")
    return MappingProxyType(found)
