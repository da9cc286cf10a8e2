"""Small QDQ networks with operators that nmcu does not have, and with layers that it reads and has no kernel for."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper, shape_inference


class Qdq:
    """A QDQ network of one float input, under construction; names of values are handed on."""

    def __init__(self, *shape: int) -> None:
        self.shape = shape
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.random = np.random.default_rng(0)

    def constant(self, array: ArrayLike) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        output = f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def pair(self, x: str, scale: float = 0.05, zero: int = 0, dtype: Any = np.int8) -> str:
        quant = self.constant(np.float32(scale)), self.constant(dtype(zero))
        return self.node("DequantizeLinear", self.node("QuantizeLinear", x, *quant), *quant)

    def conv(self, x: str, inputs: int, outputs: int) -> str:
        integers = self.constant(self.random.integers(-127, 128, (outputs, inputs, 3, 3)).astype(np.int8))
        scales = self.constant((self.random.random(outputs) * 0.002 + 0.001).astype(np.float32))
        weights = self.node(
            "DequantizeLinear", integers, scales, self.constant(np.zeros(outputs, np.int8)), axis=0
        )
        return self.node("Conv", x, weights, kernel_shape=[3, 3], pads=[1] * 4)

    def model(self, *outputs: str) -> bytes:
        x = helper.make_tensor_value_info("input", TensorProto.FLOAT, self.shape)
        ports = [helper.make_empty_tensor_value_info(name) for name in outputs]
        graph = helper.make_graph(self.nodes, "network", [x], ports, self.constants)
        opset = [helper.make_opsetid("", 17)]
        made = helper.make_model(graph, opset_imports=opset, ir_version=9)
        return bytes(shape_inference.infer_shapes(made).SerializeToString())


def float_section() -> bytes:
    """A convolution, a section of functions in float, a convolution."""
    net = Qdq(1, 4, 8, 8)
    x = net.pair(net.conv(net.pair("input"), 4, 8))
    shrunk = net.node("Shrink", net.node("Asinh", x), lambd=0.3, bias=0.1)
    x = net.pair(net.node("Mul", shrunk, net.node("Atan", x)), 0.02)
    return net.model(net.pair(net.conv(x, 8, 8), 0.1))


def reduction() -> bytes:
    """A convolution, the length of each pixel's vector, a convolution."""
    net = Qdq(1, 4, 8, 8)
    x = net.pair(net.conv(net.pair("input"), 4, 8))
    x = net.pair(net.node("ReduceL2", x, axes=[1], keepdims=1), 0.1)
    return net.model(net.pair(net.conv(x, 1, 4), 0.1))


def custom_activation(dtype: Any = np.int8) -> bytes:
    """Convolutions and an activation made of others: the sinh of a part, softly bounded."""
    net = Qdq(1, 4, 8, 8)
    low = -128 if dtype is np.int8 else 0
    x = net.pair(net.conv(net.pair("input", zero=low + 128, dtype=dtype), 4, 8), zero=low + 100, dtype=dtype)
    rise = net.node("Sinh", net.node("Mul", x, net.constant(np.float32(0.5))))
    x = net.pair(net.node("Div", rise, net.node("Cosh", x)), 0.01, low + 120, dtype)
    return net.model(net.pair(net.conv(x, 8, 4), 0.1))


def alternating(size: int = 16) -> bytes:
    """IREE, nmcu, IREE, nmcu."""
    net = Qdq(1, 4, size, size)
    x = net.pair(net.node("Asinh", net.pair("input")), 0.02)
    x = net.pair(net.conv(x, 4, 8))
    x = net.pair(net.node("Sinh", net.node("Mul", x, net.constant(np.float32(0.2)))), 0.03)
    return net.model(net.pair(net.conv(x, 8, 8), 0.1))


def gathered() -> bytes:
    """A gather of values in more pieces than the kernel for it takes."""
    net = Qdq(1, 512)
    index = net.constant(net.random.integers(0, 512, 1100))
    return net.model(net.pair(net.node("Gather", net.pair("input"), index, axis=1)))


def spread() -> bytes:
    """A convolution, and a sum of two tensors that are each broadcast along six axes, in turn."""
    net = Qdq(1, 4, 4, 4)
    x = net.node("Reshape", net.pair(net.conv(net.pair("input"), 4, 8)), net.constant([2, 2, 2, 2, 2, 2, 2]))
    a = net.pair(net.node("ReduceMax", x, axes=[1, 3, 5], keepdims=1))
    b = net.pair(net.node("ReduceMax", x, axes=[2, 4, 6], keepdims=1))
    return net.model(net.pair(net.node("Add", a, b), 0.1))


def turned() -> bytes:
    """Convolutions, and between them values in the reverse order of nine axes."""
    net = Qdq(1, 4, 8, 16)
    x = net.node("Reshape", net.pair(net.conv(net.pair("input"), 4, 4)), net.constant([2] * 9))
    x = net.node("Transpose", x, perm=[8, 7, 6, 5, 4, 3, 2, 1, 0])
    x = net.pair(net.node("Reshape", x, net.constant([1, 4, 8, 16])))
    return net.model(net.pair(net.conv(x, 4, 4), 0.1))
