"""C text of descriptors."""

from nmcu.kernels import Expr, Struct, Value

INDENT = "    "


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
