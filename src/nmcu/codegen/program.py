"""A program as text: what the code generator hands to the toolchain."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import NmcuError

Buffer = bytes | bytearray | memoryview
MAIN = "main.c"
"""The generated file with `main`."""


@dataclass(frozen=True)
class Port:
    """One input or output of a program: the tensor `name` at the symbol `symbol`, int8 or what `dtype` says.

    An integer stands for `(integer - zero_point) * scale`; None where it stands for itself.
    """

    name: str
    symbol: str
    shape: tuple[int, ...]
    dtype: str = "int8"
    scale: float | None = None
    zero_point: int | None = None

    @property
    def bytes(self) -> int:
        """Size in bytes."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize

    def array(self, data: Buffer) -> NDArray[Any]:
        """The tensor whose memory `data` is."""
        return np.frombuffer(data, self.dtype).reshape(self.shape)

    def fits(self, array: NDArray[Any] | None) -> NDArray[Any]:
        """`array`; raises `NmcuError` where it is missing or of another type or shape."""
        if array is None or array.dtype != self.dtype or array.shape != self.shape:
            found = "missing" if array is None else f"{array.dtype} of shape {array.shape}"
            raise NmcuError(f"input {self.name!r} is {found}; it needs {self.dtype} of shape {self.shape}")
        return array


@dataclass(frozen=True)
class Interface:
    """How a network is called: what its functions begin with, and the bytes of each memory that it is given, by name,
    in the order of the parameters of `NAME_init`. Memories and constants lie at multiples of so many bytes. A run takes
    `stack_bytes` of each core's stack."""

    name: str
    memories: Mapping[str, int]
    alignment: int
    constants_alignment: int
    stack_bytes: int


@dataclass(frozen=True, repr=False)
class Program:
    """Generated files, the library files they need, and how to reach its tensors from outside.

    `files` are written beside each other (names are plain file names); `sources` are those of them to
    compile. `library` lists C and assembly files to compile too; those outside the package lie in `folders`, which
    gives each a name in the C project; `portable` are those with which it runs on any machine, None where a kernel has
    no such body. Regions map marker ids to layer names. `interface` says how to call the network where the program is
    one.
    """

    files: Mapping[str, bytes | str]
    sources: tuple[str, ...]
    include_dirs: tuple[Path, ...] = ()
    library: tuple[Path, ...] = ()
    folders: Mapping[Path, str] = field(default_factory=lambda: MappingProxyType({}))
    defines: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    regions: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    portable: tuple[Path, ...] | None = None
    interface: Interface | None = None

    @property
    def network(self) -> Interface:
        """How the network is called; raises `TypeError` where the program is none."""
        if self.interface is None:
            raise TypeError("this program is no network")
        return self.interface

    @property
    def library_sources(self) -> tuple[str, ...]:
        """The generated sources without `main`."""
        return tuple(source for source in self.sources if source != MAIN)

    def __repr__(self) -> str:
        return f"<Program: {', '.join(self.files)}>"
