"""A program as text: what the code generator hands to the toolchain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True)
class Port:
    """One input or output of a program: the tensor `name`, int8, `shape`, at the symbol `symbol`."""

    name: str
    symbol: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Program:
    """Generated files, the library files they need, and how to reach its tensors from outside.

    `files` are written beside each other (names are plain file names); `sources` are those of them to
    compile. `library` lists C and assembly files of the package to compile too. Regions map marker ids to
    layer names.
    """

    files: Mapping[str, bytes | str]
    sources: tuple[str, ...]
    include_dirs: tuple[Path, ...] = ()
    library: tuple[Path, ...] = ()
    defines: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    regions: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
