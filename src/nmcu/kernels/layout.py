"""Structs that C, assembly and packers share, described once: the C type, the offsets, the bytes of packed constants.

A folder's `layouts.py` lists its `LAYOUTS`; `python -m nmcu.kernels.layout` writes `FOLDER_layouts.h` beside it, which
C and assembly both include: a typedef with a static assertion for every offset, or a macro for each.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.kernels.kernel import KERNELS_DIR

_BYTES = {"int8_t": 1, "uint8_t": 1, "int16_t": 2, "uint16_t": 2, "int32_t": 4, "uint32_t": 4, "intptr_t": 4}
_POINTER_BYTES = 4
_WIDTH = 116
"""Of a comment that fills the line."""


@dataclass(frozen=True)
class Field:
    """One member: a C integer type, a pointer (`const int8_t *`), or another layout; `count` of them.

    A count of 0 is a flexible array, which takes no room.
    """

    name: str
    type: "str | Layout"
    count: int | None = None
    doc: str = ""

    @property
    def size(self) -> int:
        """Bytes on a 32-bit machine."""
        return self._each * (1 if self.count is None else self.count)

    @property
    def alignment(self) -> int:
        """Bytes on a 32-bit machine."""
        return self.type.alignment if isinstance(self.type, Layout) else self._each

    @property
    def declaration(self) -> str:
        """The member in C."""
        kind = self.type.name if isinstance(self.type, Layout) else self.type
        array = "" if self.count is None else f"[{self.count or ''}]"
        return f"{kind}{'' if kind.endswith('*') else ' '}{self.name}{array};"

    @property
    def _each(self) -> int:
        if isinstance(self.type, Layout):
            return self.type.size
        return _POINTER_BYTES if self.type.endswith("*") else _BYTES[self.type]


@dataclass(frozen=True)
class Layout:
    """A C struct `name` whose offsets assembly knows as `PREFIX_MEMBER`, its size as `PREFIX_SIZE`.

    `doc` is the comment above the typedef. Members of a layout within a layout are named without its own member's name.
    """

    name: str
    prefix: str
    doc: str
    fields: tuple[Field, ...]

    @property
    def alignment(self) -> int:
        """Bytes on a 32-bit machine."""
        return max(field.alignment for field in self.fields)

    @property
    def size(self) -> int:
        """Bytes on a 32-bit machine."""
        end = max(offset + field.size for offset, field in self._placed())
        return -(-end // self.alignment) * self.alignment

    def offset(self, name: str) -> int:
        """Bytes from the struct's start to the member `name`; raises KeyError."""
        return dict(self.offsets())[name]

    def offsets(self) -> Iterator[tuple[str, int]]:
        """Members with their offsets, those of inner layouts in the place of the member that holds them."""
        for offset, field in self._placed():
            if isinstance(field.type, Layout):
                yield from ((name, offset + inner) for name, inner in field.type.offsets())
            else:
                yield field.name, offset

    def pack(self, columns: Mapping[str, NDArray[Any]]) -> NDArray[np.uint8]:
        """(n, size) bytes of n structs without pointers; a column of (n,), or (n, count) for an array, for each member.

        Values are taken modulo 2^32, as C stores them.
        """
        kinds = []
        for field in self.fields:
            if field.count != 0:
                assert isinstance(field.type, str) and not field.type.endswith("*"), (
                    "pointers cannot be packed"
                )
                kind = field.type.removesuffix("_t")
                kinds.append(
                    (field.name, kind) if field.count is None else (field.name, kind, (field.count,))
                )
        assert {kind[0] for kind in kinds} == set(columns), "a column for each member is needed"
        packed = np.zeros(len(next(iter(columns.values()))), np.dtype(kinds, align=True))
        for name, column in columns.items():
            packed[name] = column.astype(packed[name].dtype)
        return packed.view(np.uint8).reshape(len(packed), -1)

    def typedef(self) -> str:
        """The C type."""
        members = [(field.declaration, offset, field.doc) for offset, field in self._placed()]
        width = max(len(declaration) for declaration, _, _ in members)
        lines = [
            f"    {declaration:{width}} /* {offset:2}{doc and ': ' + doc} */"
            for declaration, offset, doc in members
        ]
        return "\n".join([*_comment(self.doc), "typedef struct {", *lines, f"}} {self.name};"])

    def assertions(self) -> str:
        """Static assertions that the compiler lays the members out as assembly expects."""
        checks = [
            f'_Static_assert(offsetof({self.name}, {field.name}) == {offset}, "{self.name}.{field.name}");'
            for offset, field in self._placed()
        ]
        return "\n".join([*checks, f'_Static_assert(sizeof({self.name}) == {self.size}, "{self.name}");'])

    def macros(self) -> str:
        """The offsets for assembly."""
        lines = [f"/* {self.name} */"]
        lines += [f"#define {self.prefix}_{name.upper()} {offset}" for name, offset in self.offsets()]
        return "\n".join([*lines, f"#define {self.prefix}_SIZE {self.size}"])

    def _placed(self) -> Iterator[tuple[int, Field]]:
        end = 0
        for field in self.fields:
            offset = -(-end // field.alignment) * field.alignment
            yield offset, field
            end = offset + field.size


def header(folder: str, layouts: Sequence[Layout], includes: Sequence[str] = ()) -> str:
    """The text of `FOLDER_layouts.h`; `includes` are the headers of inner layouts."""
    guard = f"NMCU_{folder.upper()}_LAYOUTS_H"
    parts = [
        "/* Generated from layouts.py beside it by `python -m nmcu.kernels.layout`; do not edit. */",
        "/* clang-format off */",
        f"#ifndef {guard}\n#define {guard}\n",
        "".join(f'#include "{name}"\n' for name in includes) + "\n#ifdef __ASSEMBLER__\n"
        if includes
        else "#ifdef __ASSEMBLER__\n",
        "\n\n".join(layout.macros() for layout in layouts),
        "\n#else\n\n#include <stddef.h>\n#include <stdint.h>\n",
        "\n\n".join(layout.typedef() for layout in layouts),
        "\n#if __SIZEOF_POINTER__ == 4",
        "\n".join(layout.assertions() for layout in layouts),
        "#endif\n\n#endif\n\n#endif\n",
    ]
    return "\n".join(parts)


def headers() -> Mapping[Path, str]:
    """Every generated header of this package, by path."""
    found = {}
    for path in sorted(KERNELS_DIR.glob("*/layouts.py")):
        module = import_module(f"nmcu.kernels.{path.parent.name}.layouts")
        text = header(path.parent.name, module.LAYOUTS, module.INCLUDES)
        found[path.with_name(f"{path.parent.name}_layouts.h")] = text
    return found


def _comment(text: str) -> list[str]:
    """`text` as a comment: one line where it fits, else each of its lines behind a star."""
    if "\n" not in text and len(text) <= _WIDTH:
        return [f"/* {text} */"]
    return ["/*", *(f" * {line}".rstrip() for line in text.splitlines()), " */"]


if __name__ == "__main__":
    for made, content in headers().items():
        made.write_text(content)
