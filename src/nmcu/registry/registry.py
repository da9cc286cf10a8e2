"""The registry: an immutable value that every room is handed what it needs from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from nmcu import isa as instruction_sets
from nmcu import kernels as built_in_kernels
from nmcu import operators as built_in_operators
from nmcu import targets as built_in_targets
from nmcu.errors import NmcuError
from nmcu.files import is_file, is_folder
from nmcu.graph import Layer
from nmcu.isa import FILE as EXTENSION
from nmcu.isa import Extension, InstructionSet
from nmcu.kernels import Kernel, Machine, refusal
from nmcu.operators import Operator
from nmcu.registry import plugins
from nmcu.targets import Target
from nmcu.targets.target import DESCRIPTION

BUILT_IN = "nmcu"
"""The package that what ships with nmcu is said to come from."""
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Registry:
    """Targets, extensions, kernels and operators by name.

    `origins` says which package each comes from, by what it is (`target`, `extension`, `kernel`, `operator`, and the
    `ONNX node` or `TFLite node` that an operator reads) and name.
    """

    targets: Mapping[str, Target]
    extensions: Mapping[str, Extension]
    kernels: Mapping[str, Kernel]
    operators: Mapping[str, Operator]
    origins: Mapping[tuple[str, str], str] = field(repr=False)

    @staticmethod
    @cache
    def built_in() -> "Registry":
        """What ships with nmcu."""
        nothing: Mapping[str, object] = MappingProxyType({})
        empty = Registry(nothing, nothing, nothing, nothing, nothing)  # type: ignore[arg-type]
        return empty.with_(
            targets=(built_in_targets.get(name) for name in built_in_targets.names()),
            extensions=instruction_sets.built_in(),
            kernels=built_in_kernels.built_in(),
            operators=built_in_operators.built_in(),
            origin=BUILT_IN,
        )

    @staticmethod
    @cache
    def installed() -> "Registry":
        """What ships with nmcu and what installed packages bring (`nmcu.registry.plugins`).

        Raises `NmcuError` where two packages bring the same name, or one cannot be loaded.
        """
        found = Registry.built_in()
        for added in plugins.installed():
            found = found.with_(
                targets=added.targets,
                extensions=added.extensions,
                kernels=added.kernels,
                operators=added.operators,
                origin=added.package,
            )
        return found

    def with_(
        self,
        *,
        targets: Iterable[Target] = (),
        extensions: Iterable[Extension] = (),
        kernels: Iterable[Kernel] = (),
        operators: Iterable[Operator] = (),
        origin: str = "this program",
    ) -> "Registry":
        """This registry and more; `origin` is the package that brings it.

        Raises `NmcuError` naming both packages where a name is taken.
        """
        origins = dict(self.origins)

        def more(kind: str, known: Mapping[str, T], named: Iterable[tuple[str, T]]) -> Mapping[str, T]:
            found = dict(known)
            for name, value in named:
                if name in found:
                    raise NmcuError(
                        f"the {kind} {name!r} comes from {origins[kind, name]} and from {origin}: uninstall one, or "
                        "rename what is yours"
                    )
                found[name] = value
                origins[kind, name] = origin
            return MappingProxyType(found)

        added = tuple(operators)
        for kind, names in (
            ("ONNX node", [name for o in added for name in o.onnx]),
            ("TFLite node", [name for o in added for name in o.tflite]),
        ):
            read = {name: kind for what, name in self.origins if what == kind}
            more(kind, read, ((name, kind) for name in names))
        return Registry(
            targets=more("target", self.targets, ((t.name, t) for t in targets)),
            extensions=more("extension", self.extensions, ((e.name, e) for e in extensions)),
            kernels=more("kernel", self.kernels, ((k.name, k) for k in kernels)),
            operators=more("operator", self.operators, ((o.name, o) for o in added)),
            origins=MappingProxyType(origins),
        )

    def on(self, machine: Machine) -> "Registry":
        """This registry with its kernels for one machine."""
        kernels = {name: kernel.on(machine) for name, kernel in self.kernels.items()}
        return replace(self, kernels=MappingProxyType(kernels))

    def target(self, name: str | Target) -> Target:
        """The target called `name`, or the one in the folder or `target.toml` that `name` is the path of.

        Raises `NmcuError` naming the known ones, or saying what is wrong in the file.
        """
        if isinstance(name, Target):
            return name
        if name in self.targets:
            return self.targets[name]
        path = Path(name)
        if path.name == DESCRIPTION and is_file(path):
            return Target.load(path.parent.resolve())
        if is_folder(path):
            return Target.load(path.resolve())
        raise NmcuError(
            f"unknown target {name!r}; known targets: {', '.join(self.targets)}, or the path of a folder with a "
            f"{DESCRIPTION}"
        )

    def runs(self, layer: Layer) -> bool:
        """Whether a kernel is made for `layer`: on some machine, with the instructions and memory that it needs."""
        target = next(iter(self.targets.values()))
        machine = Machine(target, self.isa(target.isa))
        return any(k.runs(layer) and refusal(k, layer, machine) is None for k in self.kernels.values())

    def isa(self, name: str | InstructionSet) -> InstructionSet:
        """The instruction set written `name`: `rv32`, or extensions joined by `+`: names, or paths of their folders.

        Raises `NmcuError` naming the known ones, or saying what is wrong in a folder.
        """
        if isinstance(name, InstructionSet):
            return name
        known, parts = dict(self.extensions), []
        for part in name.split("+"):
            if part not in known and is_file(Path(part) / EXTENSION):
                found = Extension.load(Path(part).resolve())
                if known.setdefault(found.name, found) != found:
                    raise NmcuError(
                        f"the extension in {part} is called {found.name!r}, as one from "
                        f"{self.origins.get(('extension', found.name), 'another folder')}: rename it"
                    )
                part = found.name
            parts.append(part)
        return InstructionSet.parse("+".join(parts), known)

    def isa_for(self, target: Target, name: str | InstructionSet | None) -> InstructionSet:
        """The instruction set written `name`, or the one that `target` names; raises `NmcuError` where its cores do not
        have it."""
        found = self.isa(name or target.isa)
        if found.extensions and not target.core.isa:
            raise NmcuError(
                f"the cores of {target.name} ({target.core.name}) have no {found}: use rv32, or leave --isa out"
            )
        return found
