"""The operators of this package, and the tables that readers and the writer take from operators."""

import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TypeVar

from nmcu.errors import NmcuError
from nmcu.frontend import Export, Readers
from nmcu.graph.op import Op
from nmcu.operators.operator import Operator

Reader = TypeVar("Reader")


@cache
def built_in() -> tuple[Operator, ...]:
    """Every `OPERATOR` of the modules beside this one, by name."""
    folder = import_module("nmcu.operators").__path__
    modules = (import_module(f"nmcu.operators.{module.name}") for module in pkgutil.iter_modules(folder))
    found = (getattr(module, "OPERATOR", None) for module in modules)
    return tuple(sorted((o for o in found if isinstance(o, Operator)), key=lambda o: o.name))


def readers(operators: Iterable[Operator]) -> Readers:
    """The readers of all `operators`; raises `NmcuError` where two read the same node."""
    operators = tuple(operators)
    return Readers(
        onnx=_merged("ONNX", [(o, o.onnx) for o in operators]),
        tflite=_merged("TFLite", [(o, o.tflite) for o in operators]),
        onnx_floats=_merged("ONNX float", [(o, o.onnx_floats) for o in operators]),
        tflite_floats=_merged("TFLite float", [(o, o.tflite_floats) for o in operators]),
    )


def writers(operators: Iterable[Operator]) -> Mapping[type[Op], Export]:
    """The writers of all `operators` that have one."""
    return MappingProxyType({o.op: o.write for o in operators if o.write is not None})


def _merged(kind: str, tables: Sequence[tuple[Operator, Mapping[str, Reader]]]) -> Mapping[str, Reader]:
    owner: dict[str, Operator] = {}
    merged: dict[str, Reader] = {}
    for operator, table in tables:
        for name, reader in table.items():
            if name in merged:
                raise NmcuError(
                    f"the {kind} node {name} is read by two operators, {owner[name].name} and {operator.name}"
                )
            owner[name], merged[name] = operator, reader
    return MappingProxyType(merged)
