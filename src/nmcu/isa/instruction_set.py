"""An instruction set: the base and a set of extensions, closed under what they require."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from nmcu.errors import NmcuError
from nmcu.isa import rows
from nmcu.isa.extension import Extension

BASE = "rv32"
"""The name of the instruction set without extensions: RV32IMC with Zicsr."""
BASE_MARCH = "rv32imc_zicsr"
T = TypeVar("T")


@dataclass(frozen=True)
class InstructionSet:
    """`extensions` in an order in which each follows what it requires. Make one with `parse` or `of`."""

    extensions: tuple[Extension, ...] = ()
    riscv: bool = True
    """False for a processor of any other kind, which has no assembly bodies at all."""

    @classmethod
    def parse(cls, text: str, known: Mapping[str, Extension]) -> "InstructionSet":
        """The set written as `rv32`, an extension's name, or several joined by `+`.

        Extensions that the named ones require are included. Raises `NmcuError` naming the known ones, and where no core
        can have all of them.
        """
        wanted = [part for part in text.split("+") if part != BASE]
        found: dict[str, Extension] = {}
        for name in wanted:
            if name not in known:
                raise NmcuError(
                    f"unknown instruction set {text!r}; known: {', '.join((BASE, *known))}, several joined by +, or "
                    "the path of a folder with an extension.toml"
                )
            _include(known[name], known, found, ())
        rows.check(tuple(found.values()))
        return cls(tuple(found.values()))

    @classmethod
    def of(cls, extensions: Iterable[Extension]) -> "InstructionSet":
        """The set of these extensions; raises `NmcuError` where one requires what is not among them."""
        known = {extension.name: extension for extension in extensions}
        found: dict[str, Extension] = {}
        for name in sorted(known):
            _include(known[name], known, found, ())
        return cls(tuple(found.values()))

    @property
    def name(self) -> str:
        """As `parse` reads it: the extensions that no other one brings, joined by `+`."""
        brought = frozenset[str]().union(*(e.requires for e in self.extensions))
        return "+".join(sorted(self.names - brought)) or BASE

    @cached_property
    def names(self) -> frozenset[str]:
        """Names of all extensions."""
        return frozenset(e.name for e in self.extensions)

    def includes(self, required: Iterable[str]) -> bool:
        """Whether all `required` extensions are there; `BASE` is on every RISC-V core."""
        return (self.names | {BASE} if self.riscv else self.names).issuperset(required)

    @property
    def march(self) -> str:
        """The value of `-march` for C."""
        return BASE_MARCH + "".join(e.march for e in self.extensions)

    @property
    def march_assembly(self) -> str:
        """The value of `-march` for assembly files."""
        return BASE_MARCH + "".join(e.march_assembly for e in self.extensions)

    @property
    def defines(self) -> tuple[str, ...]:
        """Macros that tell sources what is there."""
        return tuple(name for e in self.extensions for name in e.defines)

    @property
    def include_dirs(self) -> tuple[Path, ...]:
        """Folders with C headers of the extensions."""
        return tuple(e.include for e in self.extensions if e.include)

    def best(self, options: Mapping[str, T]) -> T:
        """The value under the name of the largest instruction set that this one includes.

        Raises KeyError where there is none.
        """
        names = tuple(options)
        if names not in self._largest:
            fitting = [key for key in names if self.includes(_parts(key))]
            if not fitting:
                raise KeyError(f"{self.name}: none of {', '.join(options)}")
            self._largest[names] = max(fitting, key=lambda key: len(self.closure(_parts(key))))
        return options[self._largest[names]]

    @cached_property
    def _largest(self) -> dict[tuple[str, ...], str]:
        """Answers that `best` has given, by the names it was asked about: kernels ask for every tiling of a layer."""
        return {}

    def closure(self, names: Iterable[str]) -> frozenset[str]:
        """`names`, which are among this set's, and what they require: extensions, and all of them `BASE`."""
        members = {e.name: e for e in self.extensions}
        wanted = frozenset(names)
        found: dict[str, Extension] = {}
        for name in wanted - {BASE}:
            _include(members[name], members, found, ())
        return frozenset((BASE, *found)) if wanted else wanted

    def __str__(self) -> str:
        return self.name


PORTABLE = InstructionSet(riscv=False)
"""Of programs for this machine: their bodies are portable C."""


def _parts(key: str) -> list[str]:
    return [part for part in key.split("+") if part != BASE]


def _include(
    extension: Extension, known: Mapping[str, Extension], found: dict[str, Extension], path: tuple[str, ...]
) -> None:
    """Adds `extension` to `found`, after what it requires."""
    if extension.name in path:
        raise NmcuError(f"the extension {extension.name!r} requires itself: {' -> '.join(path)}")
    for name in sorted(extension.requires):
        if name not in known:
            raise NmcuError(f"the extension {extension.name!r} requires {name!r}, which is not installed")
        _include(known[name], known, found, (*path, extension.name))
    found.setdefault(extension.name, extension)
