"""A piece of a network that IREE runs, as an operator of the graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import onnx

from nmcu.graph import ops
from nmcu.graph.op import Array, Constants
from nmcu.iree import adapter

PROGRAMS = 64
"""Pieces whose programs for this machine are kept."""


@dataclass(frozen=True, kw_only=True)
class Region(ops.Foreign):
    """`Foreign` as IREE computes it; the reference is IREE's own build for this machine."""

    KIND: ClassVar[str] = "iree"
    SUMMARY = "a piece of the network that IREE runs"

    def check(self, constants: Constants) -> None:
        _program(constants["model"].tobytes())

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        model = constants["model"].tobytes()
        name, shapes, program = _program(model)
        given = [np.ascontiguousarray(x).reshape(shape) for x, shape in zip(inputs, shapes, strict=True)]
        results = adapter.invoke(program, name, given)
        wanted = self.shapes((), constants)
        return tuple(result.reshape(shape) for result, shape in zip(results, wanted, strict=True))


@lru_cache(PROGRAMS)
def _program(model: bytes) -> tuple[str, tuple[tuple[int, ...], ...], bytes]:
    """The function's name, the shapes of its inputs, and IREE's file for this machine."""
    graph = onnx.load_model_from_string(model).graph
    shapes = tuple(tuple(d.dim_value for d in port.type.tensor_type.shape.dim) for port in graph.input)
    return graph.name, shapes, adapter.compiled(adapter.imported(model))
