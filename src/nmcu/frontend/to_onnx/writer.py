"""Collects ONNX nodes; knows each device tensor as a float ONNX value, channels first or last."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from nmcu.errors import ModelError
from nmcu.graph import Layer, TensorInfo

Layout = Literal["first", "last"]
Result = tuple[str, Layout]
"""A float value's name and its layout."""

Export = Callable[["Writer", Layer, Any], Result | None]
"""Writes a layer, whose operator it is given too, as float nodes; None where it has defined the tensor itself."""

TO_LAST, TO_FIRST = [0, 2, 3, 1], [0, 3, 1, 2]


class Writer:
    """The ONNX graph under construction."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self._real: dict[tuple[str, Layout], str] = {}
        self._spread: dict[str, tuple[TensorInfo, Sequence[int]]] = {}
        self._taken: set[str] = set()

    def unique(self, name: str) -> str:
        """`name`, with a number appended if it is taken."""
        candidate, count = name, 1
        while candidate in self._taken:
            candidate, count = f"{name}_{count}", count + 1
        self._taken.add(candidate)
        return candidate

    def node(self, op: str, inputs: list[str], output: str, name: str = "", **attributes: Any) -> str:
        """Append a node with one output; returns the output's name."""
        output = self.unique(output)
        self.nodes.append(helper.make_node(op, inputs, [output], name=name or f"{op} {output}", **attributes))
        return output

    def constant(self, array: NDArray[Any], name: str) -> str:
        """Append an initializer; returns its name."""
        name = self.unique(name)
        self.initializers.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def unary(self, layer: Layer, op: str, **attributes: Any) -> Result:
        """Append the node that stands for `layer`, channels last."""
        name = f"{layer.outputs[0].name} float"
        return self.node(op, [self.real(layer.inputs[0])], name, layer.name, **attributes), "last"

    def dequantized(
        self, name: str, integers: NDArray[Any], scale: NDArray[np.float32], axis: int = 0
    ) -> str:
        """DequantizeLinear of constant `integers`, `scale` one or one for each index of `axis`; returns its name."""
        each: dict[str, Any] = {"axis": axis} if scale.size > 1 else {}
        shape = scale.shape if each else ()
        inputs = [self.constant(integers, f"{name} integers")]
        inputs.append(self.constant(scale.reshape(shape), f"{name} scale"))
        inputs.append(self.constant(np.zeros(shape, integers.dtype), f"{name} zero_point"))
        return self.node("DequantizeLinear", inputs, name, **each)

    def spread(self, tensor: TensorInfo, source: TensorInfo, steps: Sequence[int]) -> None:
        """`tensor` is `source` spread by `steps`, which only a convolution can read."""
        self._spread[tensor.name] = (source, steps)

    def spread_from(self, tensor: TensorInfo) -> tuple[TensorInfo, Sequence[int]] | None:
        """What `tensor` is spread from, and its steps; None for any other tensor."""
        return self._spread.get(tensor.name)

    def quantize(self, real: str, tensor: TensorInfo, layout: Layout, integers: str = "") -> str:
        """QuantizeLinear and DequantizeLinear after the float value `real`; returns the integers' name."""
        scale, zero = self._quant(tensor)
        quantised = self.node("QuantizeLinear", [real, scale, zero], integers or tensor.name)
        self.dequantize(quantised, tensor, layout, (scale, zero))
        return quantised

    def dequantize(
        self,
        integers: str,
        tensor: TensorInfo,
        layout: Layout,
        quant: tuple[str, str] | None = None,
        shift: int = 0,
    ) -> None:
        """`tensor` as DequantizeLinear of `integers`; `shift` 128 for uint8 integers."""
        scale, zero = quant or self._quant(tensor, shift)
        name = self.node("DequantizeLinear", [integers, scale, zero], f"{tensor.name} real")
        self.define(tensor, layout, name)

    def define(self, tensor: TensorInfo, layout: Layout, name: str) -> None:
        """`name` is the float value of `tensor`."""
        self._real[tensor.name, layout if len(tensor.shape) == 4 else "last"] = name

    def native(self, tensor: TensorInfo) -> Layout:
        """The layout in which `tensor` was written."""
        return "first" if (tensor.name, "first") in self._real else "last"

    def common(self, tensors: Sequence[TensorInfo]) -> Layout:
        """Channels first if all tensors have rank 4 and were written so."""
        first = all(len(x.shape) == 4 and self.native(x) == "first" for x in tensors)
        return "first" if first else "last"

    def real(self, tensor: TensorInfo, layout: Layout = "last") -> str:
        """The float value of `tensor` in the wanted layout; `last` is the device's own."""
        if len(tensor.shape) != 4:
            layout = "last"
        key = (tensor.name, layout)
        if key not in self._real:
            other: Layout = "last" if layout == "first" else "first"
            if (tensor.name, other) not in self._real:
                raise ModelError(f"tensor {tensor.name!r} is read before it is written")
            perm = TO_FIRST if layout == "first" else TO_LAST
            source = self._real[tensor.name, other]
            self._real[key] = self.node("Transpose", [source], f"{tensor.name} {layout}", perm=perm)
        return self._real[key]

    def _quant(self, tensor: TensorInfo, shift: int = 0) -> tuple[str, str]:
        scale, zero = tensor.quant
        dtype = np.uint8 if shift else np.int8
        return (
            self.constant(np.array(scale, np.float32), f"{tensor.name} scale"),
            self.constant(np.array(zero + shift, dtype), f"{tensor.name} zero_point"),
        )
