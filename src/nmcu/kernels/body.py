"""A function's source file, in a variant for each instruction set that gains by one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nmcu.isa import BASE, InstructionSet

Requirement = frozenset[str]
"""Names of extensions, or `BASE`: any RISC-V core."""
CORE_V: Requirement = frozenset({"xcv"})


@dataclass(frozen=True)
class Body:
    """Files that define the same function, by the extensions that each one needs."""

    files: Mapping[Requirement, Path]

    def of(self, isa: InstructionSet) -> Path:
        """The file for `isa`: of those whose extensions are there, the one that uses the most.

        Raises `KeyError` where there is none.
        """
        fitting = [needs for needs in self.files if isa.includes(needs)]
        if not fitting:
            raise KeyError(f"{isa}: no file among {', '.join(path.name for path in self.files.values())}")
        return self.files[max(fitting, key=lambda needs: (len(isa.closure(needs)), sorted(needs)))]


def body(folder: Path, name: str, assembly: Iterable[str] = CORE_V, more: Iterable[str] = ()) -> Body:
    """The hot loop `name`: `name.S` where the extensions that `assembly` names are there, `name_EXTENSION.S` where one
    of `more` is, `name_rv32.S` on other RISC-V cores, `name.c` elsewhere.

    Any of them may be missing: in plain C only, or only for cores with these extensions.
    """
    files = {
        frozenset[str](): folder / f"{name}.c",
        frozenset({BASE}): folder / f"{name}_rv32.S",
        frozenset(assembly): folder / f"{name}.S",
        **{frozenset({extension}): folder / f"{name}_{extension}.S" for extension in more},
    }
    return Body({needs: path for needs, path in files.items() if path.is_file()})
