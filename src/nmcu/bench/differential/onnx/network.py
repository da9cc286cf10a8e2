"""A QDQ model that grows node by node, and the draws that shape it."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import onnx
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from nmcu.bench.differential.onnx import quants
from nmcu.bench.differential.onnx.style import Style, constant_node
from nmcu.bench.differential.onnx.tensor import Form, Quant, Shape, Value
from nmcu.graph.op import Array

T = TypeVar("T")


class Network:
    """`tensors` are the stored values that later nodes may read; `read` the names that nodes do read.

    `given` are the integers of model inputs, which nothing has computed.
    """

    def __init__(self, draw: st.DrawFn, opset: int, style: Style) -> None:
        self.draw = draw
        self.opset = opset
        self.style = style
        self.rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.feeding: dict[str, tuple[Shape, Quant, str]] = {}
        self.tensors: list[Value] = []
        self.ends: list[Value] = []
        self.read: set[str] = set()
        self.given: set[str] = set()
        self._count = 0

    # Draws: the first or smallest choice is the simplest, which shrinking prefers.

    def any_of(self, options: Sequence[T]) -> T:
        """One of `options`."""
        return self.draw(st.sampled_from(options))

    def number(self, low: int, high: int) -> int:
        """An integer from `low` to `high`."""
        return self.draw(st.integers(low, high))

    def maybe(self) -> bool:
        """A coin."""
        return self.draw(st.booleans())

    def draw_permutation(self, rank: int) -> tuple[int, ...]:
        """A permutation of `rank` axes."""
        return tuple(self.draw(st.permutations(range(rank))))

    def draw_distinct(self, count: int, rank: int) -> tuple[int, ...]:
        """`count` different axes."""
        return self.draw_permutation(rank)[:count]

    def other(self, fits: Callable[[Value], bool]) -> Value | None:
        """A stored value that `fits`."""
        found = [t for t in self.tensors if fits(t)]
        return self.any_of(found[::-1]) if found else None

    # Parts of the file.

    def name(self, word: str) -> str:
        """A name that nothing has yet."""
        self._count += 1
        return self.style.names.format(word=word, n=self._count)

    def constant(self, array: Any, word: str = "c") -> str:
        """A constant of the file."""
        value, name = np.asarray(array), self.name(word)
        if self.style.as_nodes:
            self.nodes.append(constant_node(value, name, self.style.typed))
        else:
            self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def node(self, op: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: Any) -> list[str]:
        """Append a node; the names of its outputs."""
        names = [self.name(op.lower()) for _ in range(outputs)]
        called = self.style.node_names.format(word=op.lower(), n=self._count)
        self.nodes.append(helper.make_node(op, inputs, names, name=called, domain=domain, **attributes))
        self.read.update(inputs)
        return names

    def one(self, op: str, *inputs: str, **attributes: Any) -> str:
        """The same for a node with one output."""
        return self.node(op, *inputs, **attributes)[0]

    def use(self, value: Value) -> str:
        """The name by which a node reads `value`: of a DequantizeLinear of its own, in some files."""
        if value.form == "stored" and value.integers and self.style.apart and value.name in self.read:
            return self.one("DequantizeLinear", value.integers, *value.parameters)
        return value.name

    def result(self, op: str, x: Value, form: Form, *rest: str, **attributes: Any) -> Value:
        """A node that keeps the shape and range of `x`."""
        name = self.one(op, self.use(x), *rest, **attributes)
        return dataclasses.replace(x, name=name, form=form, integers="")

    # Quantisation.

    def parameters(self, quant: Quant, unsigned: bool) -> tuple[str, ...]:
        """Constants for scale and zero point; without a zero point it is a uint8 of 0."""
        scale, zero = np.float32(quant[0]), np.uint8(quant[1] + 128) if unsigned else np.int8(quant[1])
        shape = (1,) if self.style.lists else ()
        names = [self.constant(np.full(shape, scale), "scale")]
        if not (unsigned and quant[1] == -128 and self.maybe()):
            names.append(self.constant(np.full(shape, zero), "zero"))
        return tuple(names)

    def quantise(self, value: Value, quant: Quant | None = None) -> Value:
        """The integers of `value` behind a QuantizeLinear, with a drawn scale and zero point."""
        quant = quant or self.quant(value)
        unsigned = self.maybe()
        names = self.parameters(quant, unsigned)
        made = self.one("QuantizeLinear", self.use(value), *names)
        low, high = quants.bounds(quant)
        return Value(made, value.shape, low, high, "integers", quant, parameters=names, unsigned=unsigned)

    def dequantise(self, x: Value) -> Value:
        """The real values of integers."""
        assert x.quant is not None
        low, high = quants.bounds(x.quant)
        name = self.one("DequantizeLinear", x.name, *x.parameters)
        made = dataclasses.replace(x, name=name, form="stored", low=low, high=high, integers=x.name)
        self.tensors.append(made)
        return made

    def pair(self, value: Value, quant: Quant | None = None) -> Value:
        """`value` behind QuantizeLinear and DequantizeLinear."""
        return self.dequantise(self.quantise(value, quant))

    def quant(self, value: Value) -> Quant:
        """A scale and zero point for `value`: the calibrated one first, odd ones, those of other tensors."""
        how = self.any_of(("fitted", "fitted", "zero", "equal"))
        others = quants.equal_to(value, self.tensors)
        if how == "equal" and others:
            return self.any_of(others)
        zero = self.any_of((0, -128, 127, 3, -101)) if how == "zero" else None
        spread = self.any_of(quants.SPREADS)
        return quants.fitted(value.low, value.high, zero, spread, self.maybe())

    # Values.

    def input(self, shape: Shape) -> Value:
        """A new model input: float, or integers."""
        name, kind = self.name("in"), self.any_of(("float", "float", "int8", "uint8"))
        reach = self.any_of((1.0, 6.0, 1e-4, 300.0))
        low = self.any_of((-reach, 0.0, -reach / 7))
        bare = Value(name, shape, low, reach, "source")
        types = {"float": TensorProto.FLOAT, "int8": TensorProto.INT8, "uint8": TensorProto.UINT8}
        given: list[Any] = list(shape)
        if self.style.batch and len(shape) > 2 and shape[0] == 1:
            given[0] = "N"
        self.inputs.append(helper.make_tensor_value_info(name, types[kind], given))
        quant = self.quant(bare)
        self.feeding[name] = (shape, quant, kind)
        if kind == "float":
            return dataclasses.replace(bare, quant=quant)
        names, low_high = self.parameters(quant, kind == "uint8"), quants.bounds(quant)
        return Value(name, shape, *low_high, "integers", quant, parameters=names, unsigned=kind == "uint8")

    def floats(self, shape: Shape, low: float, high: float) -> Array:
        """Random float32 values."""
        return self.rng.uniform(low, high, shape).astype(np.float32)
