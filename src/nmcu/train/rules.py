"""Which PyTorch operations have an int8 form, and of what kind: what the operators say of training."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from nmcu.errors import NmcuError
from nmcu.operators import Operator

Kinds = frozenset[Any]
"""Module classes, functions, and method names as strings."""


@dataclass(frozen=True)
class Rules:
    """Operations by what int8 means for them (`nmcu.operators.Training`).

    `layers` are the modules with int8 weights, `clamps` are fused into the layer before them, `bounded` results lie
    between 0 and 1, `nothing` is absent from the exported model; values keep their scale and zero point in `moves` and
    get ones of their own in `computes`, which holds layers, clamps and bounded ones too.
    """

    layers: tuple[type[Any], ...]
    clamps: Kinds
    bounded: Kinds
    nothing: Kinds
    moves: Kinds
    computes: Kinds

    @classmethod
    def of(cls, operators: Iterable[Operator]) -> "Rules":
        """The rules of `operators`; raises `NmcuError` for a name that PyTorch does not have."""
        rules = [operator.training for operator in operators]
        layers = _found(name for rule in rules for name in rule.weighted)
        clamps = _found(name for rule in rules for name in rule.clamps)
        bounded = _found(name for rule in rules for name in rule.bounded)
        computes = _found(name for rule in rules for name in rule.computes)
        return cls(
            layers=tuple(layers),
            clamps=clamps,
            bounded=bounded,
            nothing=_found(name for rule in rules for name in rule.nothing),
            moves=_found(name for rule in rules for name in rule.moves),
            computes=computes | layers | clamps | bounded,
        )

    def names(self) -> str:
        """All supported operations, for error messages."""
        known = self.nothing | self.moves | self.computes
        return ", ".join(sorted({k if isinstance(k, str) else str(k.__name__) for k in known}))


def _found(names: Iterable[str]) -> Kinds:
    return frozenset(_resolved(name) for name in names)


def _resolved(name: str) -> Any:
    """The class or function with this dotted name; a method's name where nothing stands before the dot."""
    module, _, attribute = name.rpartition(".")
    if not module:
        return attribute
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise NmcuError(
            f"an operator's training rule names {name}, which this PyTorch does not have"
        ) from error
