"""C text of descriptors."""

from collections.abc import Callable
from dataclasses import dataclass

from nmcu.kernels import Expr, Struct, Value

INDENT = "    "
NOTHING = Expr("{0}")
"""A struct whose members are all assigned later."""


def initializer(value: Value, depth: int = 0) -> str:
    """`value` as a C initialiser, nested structs indented from `depth`."""
    if isinstance(value, bool) or not isinstance(value, int | Expr | Struct | tuple):
        raise TypeError(f"no C initialiser for {value!r}")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Expr):
        return value.text
    if isinstance(value, tuple):
        return "{" + ", ".join(initializer(item, depth + 1) for item in value) + "}"
    inner = INDENT * (depth + 1)
    members = "".join(
        f"{inner}.{name} = {initializer(item, depth + 1)},\n" for name, item in value.members.items()
    )
    return "{\n" + members + INDENT * depth + "}"


def constant(struct: Struct, name: str) -> str:
    """The definition of `name` as a static constant."""
    return f"static const {struct.type} {name} = {initializer(struct)};\n"


@dataclass(frozen=True)
class Assignment:
    """What a member of a struct is set to: `path` as behind the struct's name, `.window.slab[0]`."""

    path: str
    text: str


def split(struct: Struct, later: Callable[[str], bool]) -> tuple[Value, tuple[Assignment, ...]]:
    """`struct` without the members whose expression is known `later` only, and the assignments that they take."""
    assignments: list[Assignment] = []

    def kept(value: Value, path: str) -> Value | None:
        if isinstance(value, Expr) and later(value.text):
            assignments.append(Assignment(path, value.text))
            return None
        if isinstance(value, Struct):
            members = {name: kept(item, f"{path}.{name}") for name, item in value.members.items()}
            known = {name: item for name, item in members.items() if item is not None}
            return Struct(value.type, known) if known else None
        if isinstance(value, tuple):
            items = [kept(item, f"{path}[{number}]") for number, item in enumerate(value)]
            if all(item is None for item in items):
                return None
            blank = NOTHING if any(isinstance(item, Struct) for item in value) else 0
            return tuple(blank if item is None else item for item in items)
        return value

    rest = kept(struct, "")
    return NOTHING if rest is None else rest, tuple(assignments)
