"""A QDQ model that grows node by node, and the draws that shape it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import onnx
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from nmcu.bench.differential.case import Case
from nmcu.graph.op import Array

T = TypeVar("T")
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Real:
    """A float tensor. `reach`: about the largest magnitude of its values; `quant`: its scale and zero point, if any."""

    name: str
    shape: Shape
    reach: float
    quant: tuple[float, int] | None = None


class Network:
    """`tensors` are those that later nodes may read; `integers` the model's quantised ones by name."""

    def __init__(self, draw: st.DrawFn, opset: int) -> None:
        self.draw = draw
        self.opset = opset
        self.rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.quants: dict[str, tuple[float, int]] = {}
        self.tensors: list[Real] = []
        self.read: set[str] = set()

    def any_of(self, options: Sequence[T]) -> T:
        """One of `options`; the first is the simplest."""
        return self.draw(st.sampled_from(options))

    def number(self, low: int, high: int) -> int:
        """An integer from `low`, the simplest, to `high`."""
        return self.draw(st.integers(low, high))

    def often(self) -> bool:
        """A coin; false is simpler."""
        return self.draw(st.booleans())

    def name(self, word: str) -> str:
        """A name that nothing has yet."""
        return f"{word}{len(self.nodes)}_{len(self.initializers)}"

    def constant(self, array: Any, word: str = "c") -> str:
        """A constant of the file."""
        name = self.name(word)
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Append a node with one output; its name."""
        name = self.name(op.lower())
        self.nodes.append(
            helper.make_node(op, inputs, [name], name=f"{name} node", domain=domain, **attributes)
        )
        self.read.update(inputs)
        return name

    def pair(self, value: Real, quant: tuple[float, int], unsigned: bool) -> Real:
        """`value` behind QuantizeLinear and DequantizeLinear."""
        scale, zero = quant
        names = [
            self.constant(np.float32(scale), "scale"),
            self.constant(np.uint8(zero + 128) if unsigned else np.int8(zero), "zero"),
        ]
        integers = self.node("QuantizeLinear", value.name, *names)
        made = Real(self.node("DequantizeLinear", integers, *names), value.shape, value.reach, quant)
        self.tensors.append(made)
        return made

    def quantised(self, value: Real) -> Real:
        """`value` behind a pair with a drawn scale and zero point."""
        zero = self.any_of((0, -128, 127, 3, -77))
        spread = self.any_of((1.0, 0.3, 2.5))
        scale = float(np.float32(max(value.reach, 1e-6) * spread / (127 + abs(zero) / 2)))
        if self.often():
            scale = 2.0 ** round(float(np.log2(scale)))
        return self.pair(value, (scale, zero), self.often())

    def input(self, shape: Shape) -> Real:
        """A new float model input."""
        name = f"in{len(self.inputs)}"
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        made = self.quantised(Real(name, shape, self.any_of((1.0, 8.0, 1e-3, 300.0))))
        assert made.quant is not None
        self.quants[name] = made.quant
        return made

    def weights(self, shape: Shape, axis: int) -> tuple[str, float]:
        """Random int8 weights behind DequantizeLinear, and their largest magnitude."""
        value = self.constant(self.rng.integers(-127, 128, shape).astype(np.int8), "w")
        base = self.any_of((0.01, 0.25, 1e-4))
        if self.often():
            scales = (base * self.rng.uniform(0.2, 1.0, shape[axis])).astype(np.float32)
            zeros = self.constant(np.zeros(shape[axis], np.int8))
            return self.node("DequantizeLinear", value, self.constant(scales), zeros, axis=axis), base * 127
        return self.node("DequantizeLinear", value, self.constant(np.float32(base))), base * 127

    def case(self, outputs: Sequence[Real]) -> Case:
        """The finished model with inputs to try."""
        infos = [helper.make_tensor_value_info(o.name, TensorProto.FLOAT, o.shape) for o in outputs]
        graph = helper.make_graph(self.nodes, "random", self.inputs, infos, self.initializers)
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid("com.microsoft", 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        shapes = {i.name: tuple(d.dim_value for d in i.type.tensor_type.shape.dim) for i in self.inputs}
        lines = [f"{', '.join(f'{n} {s}' for n, s in shapes.items())}, opset {self.opset}"]
        lines += [_line(node) for node in self.nodes]
        return Case(
            "onnx",
            bytes(model.SerializeToString()),
            tuple(n.op_type for n in self.nodes),
            tuple(self._feed(shapes, i) for i in range(2)),
            "\n".join(lines),
        )

    def _feed(self, shapes: Mapping[str, Shape], number: int) -> Mapping[str, Array]:
        """Inputs: random codes, then extremes and values between two codes."""
        feed = {}
        for name, shape in shapes.items():
            scale, zero = self.quants[name]
            codes = self.rng.integers(-128, 128, shape).astype(np.float64)
            if number:
                codes = self.rng.choice([-200.0, -128.0, 127.0, 200.0, 0.5, -7.5, float(zero)], shape)
            feed[name] = ((codes - zero) * scale).astype(np.float32)
        return feed


def _line(node: onnx.NodeProto) -> str:
    attributes = ", ".join(f"{a.name}={helper.get_attribute_value(a)!r}" for a in node.attribute)
    return f"{', '.join(node.output)} = {node.op_type}({', '.join(node.input)}; {attributes})"
