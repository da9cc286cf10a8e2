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


@dataclass(frozen=True, repr=False)
class Program:
    """Generated files, the library files they need, and how to reach its tensors from outside.

    `files` are written beside each other (names are plain file names); `sources` are those of them to
    compile. `library` lists C and assembly files to compile too; those outside the package lie in `folders`, which
    gives each a name in the C project. Regions map marker ids to layer names.
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

    def __repr__(self) -> str:
        return f"<Program: {', '.join(self.files)}>"
