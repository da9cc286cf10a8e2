"""Files in the operator-oriented form (QLinearConv, QGemm, ConvInteger, ...) become QDQ files.

ONNX Runtime's kernels compute what the QDQ form says: integers stand for reals, one rounding for each operator. So one
rewriting before reading serves every operator, and nothing else knows the form.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.frontend.from_onnx.file import MICROSOFT, STANDARD, File, Node, constant_of


@dataclass(frozen=True)
class Form:
    """The float operator `op` of a node, and where its inputs lie.

    `values`: where each value, its scale and its zero point start; `result`: where the result's scale and zero point
    do; `plain`: inputs that are no quantised values; `bias`: int32 at the product of the scales of both values.
    """

    op: str
    values: tuple[int, ...] = (0, 3)
    result: int = 6
    plain: tuple[int, ...] = ()
    bias: int | None = None


FORMS: Mapping[str, Form] = {
    "QLinearConv": Form("Conv", bias=8),
    "QLinearMatMul": Form("MatMul"),
    f"{MICROSOFT}.QGemm": Form("Gemm", bias=6, result=7),
    f"{MICROSOFT}.QLinearAdd": Form("Add"),
    f"{MICROSOFT}.QLinearAveragePool": Form("AveragePool", (0,), 3),
    f"{MICROSOFT}.QLinearConcat": Form("Concat", (2,), 0),
    f"{MICROSOFT}.QLinearGlobalAveragePool": Form("GlobalAveragePool", (0,), 3),
    f"{MICROSOFT}.QLinearLeakyRelu": Form("LeakyRelu", (0,), 3),
    f"{MICROSOFT}.QLinearMul": Form("Mul"),
    f"{MICROSOFT}.QLinearReduceMean": Form("ReduceMean", (0,), 3),
    f"{MICROSOFT}.QLinearSigmoid": Form("Sigmoid", (0,), 3),
    f"{MICROSOFT}.QLinearSoftmax": Form("Softmax", (0,), 3),
    f"{MICROSOFT}.QLinearWhere": Form("Where", (1, 4), 7, plain=(0,)),
}

INTEGER_FORMS: Mapping[str, str] = {"ConvInteger": "Conv", "MatMulInteger": "MatMul"}
"""Operators whose result is the int32 sum itself, which a Cast and a Mul make real."""

_COPIES = frozenset(
    {
        *(
            "Flatten",
            "Gather",
            "Identity",
            "MaxPool",
            "Pad",
            "Reshape",
            "Slice",
            "Split",
            "Squeeze",
            "Transpose",
        ),
        "Unsqueeze",
    }
)
"""Operators that ONNX Runtime's quantiser leaves on integers: their results have the scale of their input."""


def to_qdq(file: File) -> File:
    """`file` with nodes between DequantizeLinear and QuantizeLinear instead of those of `FORMS` and `INTEGER_FORMS`."""
    rewriting = _Rewriting(file)
    for node in file.nodes:
        rewriting.take(node)
    return dataclasses.replace(file, nodes=tuple(rewriting.nodes), constants=rewriting.constants)


@dataclass(eq=False)
class _Rewriting:
    file: File
    nodes: list[Node] = field(default_factory=list)
    scales: dict[str, str] = field(default_factory=dict)
    """What quantised tensors have for a scale, by name."""

    def __post_init__(self) -> None:
        self.constants: dict[str, NDArray[Any]] = dict(self.file.constants)
        self.taken = {name for node in self.file.nodes for name in (*node.inputs, *node.outputs)}
        self.taken |= self.constants.keys() | {port.name for port in self.file.inputs}

    def take(self, node: Node) -> None:
        full = f"{node.domain}.{node.op}" if node.domain else node.op
        if full in FORMS:
            self._quantised(node, FORMS[full])
        elif full in INTEGER_FORMS:
            self._integer(node, INTEGER_FORMS[full])
        else:
            self.nodes.append(node)
            if node.op == "QuantizeLinear" and len(node.inputs) > 1:
                self.scales[node.outputs[0]] = node.inputs[1]
            elif node.op in _COPIES and node.inputs and node.inputs[0] in self.scales:
                self.scales |= dict.fromkeys(node.outputs, self.scales[node.inputs[0]])
            elif node.op == "Constant" and (array := constant_of(node)) is not None and node.outputs:
                self.constants.setdefault(node.outputs[0], array)

    def _quantised(self, node: Node, form: Form) -> None:
        starts = form.values
        if form.op == "Concat":
            starts = tuple(range(2, len(node.inputs), 3))
        reals = [self._real(node, form.op, place, start) for place, start in enumerate(starts)]
        inputs = [*(self._input(node, i) for i in form.plain), *reals]
        if form.bias is not None and _has(node, form.bias):
            inputs.append(self._bias(node, form))
        if not _has(node, form.result):  # QGemm may give its sums as floats
            self._add(node, form.op, inputs, node.outputs[0])
            return
        result = self._fresh(node, "float")
        self._add(node, form.op, inputs, result)
        ends = (result, *node.inputs[form.result : form.result + 2])
        self.nodes.append(Node(f"{node.name} quantised", "QuantizeLinear", STANDARD, ends, node.outputs, {}))
        self.scales[node.outputs[0]] = node.inputs[form.result]

    def _integer(self, node: Node, op: str) -> None:
        """The sums, as the product of reals where the weights' scale is one over the input's."""
        x = self._input(node, 0)
        scale = self._constant(node, self.scales[x]) if x in self.scales else np.ones((), np.float32)
        with np.errstate(all="ignore"):
            other = (np.float32(1) / scale).astype(np.float32)
        reals = []
        for place, (value, own) in enumerate(((x, scale), (self._input(node, 1), other))):
            zero = node.inputs[2 + place : 3 + place]
            reals.append(self._dequantised(node, op, place, (value, self._store(node, own), *zero)))
        self._add(node, op, reals, node.outputs[0])

    def _add(self, node: Node, op: str, inputs: list[str], output: str) -> None:
        attributes = dict(node.attributes)
        if attributes.pop("channels_last", 0):
            raise _error(
                node, "its channels come last; supported: first, as in the model before optimisation"
            )
        if attributes.pop("opset", 13) < 13:
            raise _error(node, "means the Softmax before opset 13; export the model with a newer one")
        self.nodes.append(Node(node.name, op, STANDARD, tuple(inputs), (output,), attributes))

    def _real(self, node: Node, op: str, place: int, start: int) -> str:
        return self._dequantised(
            node, op, place, (self._input(node, start), *node.inputs[start + 1 : start + 3])
        )

    def _dequantised(self, node: Node, op: str, place: int, inputs: tuple[str, ...]) -> str:
        """Real values of integers, scale and zero point; those of weights may be as many as output channels."""
        real = self._fresh(node, f"input {place}")
        axis = 0 if op == "Conv" or node.attributes.get("transB", 0) else 1
        self.nodes.append(Node(real, "DequantizeLinear", STANDARD, inputs, (real,), {"axis": axis}))
        return real

    def _bias(self, node: Node, form: Form) -> str:
        assert form.bias is not None
        x, w = (self._constant(node, self._input(node, start + 1)) for start in form.values)
        name = self._store(node, (x * w).astype(np.float32))
        real = self._fresh(node, "bias")
        integers = self._input(node, form.bias)
        self.nodes.append(Node(real, "DequantizeLinear", STANDARD, (integers, name), (real,), {"axis": 0}))
        return real

    def _constant(self, node: Node, name: str) -> NDArray[Any]:
        if name not in self.constants or self.constants[name].dtype.kind != "f":
            raise _error(
                node, f"its scale {name!r} is not a constant; quantise statically, with calibration data"
            )
        return self.constants[name]

    def _store(self, node: Node, array: NDArray[Any]) -> str:
        name = self._fresh(node, "scale")
        self.constants[name] = array
        return name

    def _input(self, node: Node, position: int) -> str:
        if not _has(node, position):
            raise _error(node, f"input {position} is missing")
        return node.inputs[position]

    def _fresh(self, node: Node, what: str) -> str:
        name = f"{node.name} {what}"
        while name in self.taken:
            name += "'"
        self.taken.add(name)
        return name


def _has(node: Node, position: int) -> bool:
    return position < len(node.inputs) and node.inputs[position] != ""


def _error(node: Node, message: str) -> ModelError:
    return ModelError(f"node {node.name!r} ({node.op}): {message}")
