"""C initialisers as data: what a kernel says of its descriptor, and the code generator prints."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Expr:
    """A C expression, printed as it is: a symbol, an address."""

    text: str


@dataclass(frozen=True)
class Struct:
    """A brace initialiser with designated members; `type` is the C type's name."""

    type: str
    members: Mapping[str, "Value"]


Value = int | Expr | Struct | tuple["Value", ...]
