"""What an ONNX file says, in float64: decides where ONNX Runtime's float32 loses what it computes from.

The float32 mean of three equal values need not be that value, and a normalisation with a tiny epsilon makes whole steps
of the difference. The nodes between two quantised tensors are computed by the reference implementation of the onnx
package.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from nmcu.graph.op import Array
from nmcu.judge import Key

MAX_ELEMENTS = 2**20
"""Of a tensor: the reference implementation takes seconds for larger ones."""
_FLOATS = (
    onnx.TensorProto.FLOAT,
    onnx.TensorProto.FLOAT16,
    onnx.TensorProto.BFLOAT16,
    onnx.TensorProto.DOUBLE,
)
_JUMPS = frozenset(
    {
        *("Ceil", "Floor", "Round", "Sign", "ThresholdedRelu", "Mod"),
        *("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"),
    }
)
"""Operators for which a last bit can change the result by a lot: what float32 gives is what the file means."""
_SIZES = frozenset({"Resize", "Upsample"})
"""Operators whose constants are sizes, not values: float32 decides what they mean."""


class _Unknown(Exception):
    """The reference implementation has no answer."""


def results(
    data: bytes, wanted: Collection[Key], tensors: Mapping[Key, Array], held: Collection[Key]
) -> dict[Key, Array]:
    """Those of the `wanted` tensors that can be computed: what the file makes of ONNX Runtime's `tensors`.

    A graph has `held` some of the file's tensors. Others lie inside of one layer, and are computed, too.
    """
    file = _File(onnx.load_model_from_string(data), tensors, held)
    found: dict[Key, Array] = {}
    for name in wanted:
        try:
            found[name] = file.computed(str(name))
        except _Unknown:
            continue
    return found


class _File:
    def __init__(self, model: onnx.ModelProto, tensors: Mapping[Key, Array], held: Collection[Key]) -> None:
        graph = model.graph
        self._tensors = tensors
        self._opsets = model.opset_import
        self._nodes = list(graph.node)
        self._writers = {name: i for i, node in enumerate(self._nodes) for name in node.output}
        self._constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        self._given = {
            str(key): array
            for key, array in tensors.items()
            if key not in self._writers or (key in held and array.dtype in (np.int8, np.uint8))
        }

    def computed(self, name: str) -> Array:
        """Tensor `name` from the given ones before it. Raises `_Unknown`."""
        values: dict[str, Array] = {}
        for node in self._before(name):
            for output, value in zip(node.output, self._run(node, values), strict=False):
                if value.size > MAX_ELEMENTS:
                    raise _Unknown
                values[output] = value
        value = values[name]
        if name in self._tensors and value.shape != self._tensors[name].shape:
            raise _Unknown  # float32 decides what sizes are, too
        return value.astype(np.float32) if value.dtype == np.float64 else value

    def _before(self, name: str) -> Sequence[onnx.NodeProto]:
        """The nodes from given tensors to `name`, in the file's order."""
        if name not in self._writers:
            raise _Unknown
        needed, waiting = {self._writers[name]}, [self._writers[name]]
        while waiting:
            for other in self._nodes[waiting.pop()].input:
                writer = self._writers.get(other)
                if writer is not None and other not in self._given and writer not in needed:
                    needed.add(writer)
                    waiting.append(writer)
        return [self._nodes[i] for i in sorted(needed)]

    def _run(self, node: onnx.NodeProto, values: Mapping[str, Array]) -> Sequence[Array]:
        inputs = [self._value(name, values) for name in node.input]
        if node.op_type == "DequantizeLinear":
            return [_dequantized(node, inputs)]
        if node.op_type == "QuantizeLinear":
            return [_quantized(inputs)]
        if node.op_type in _JUMPS or (node.op_type == "Cast" and _attribute(node, "to", 0) not in _FLOATS):
            raise _Unknown
        if node.op_type == "Cast":
            return [np.asarray(inputs[0], np.float64)]
        wide = [
            a.astype(np.float64)
            if a is not None and a.dtype.kind == "f" and not (i and node.op_type in _SIZES)
            else a
            for i, a in enumerate(inputs)
        ]
        return self._reference(node, wide)

    def _value(self, name: str, values: Mapping[str, Array]) -> Array | None:
        if not name:
            return None
        for known in (self._constants, self._given, values):
            if name in known:
                return known[name]
        raise _Unknown

    def _reference(self, node: onnx.NodeProto, inputs: Sequence[Array | None]) -> Sequence[Array]:
        given = {name: array for name, array in zip(node.input, inputs, strict=True) if array is not None}
        infos = [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
            for n, a in given.items()
        ]
        outputs = [helper.make_empty_tensor_value_info(name) for name in node.output if name]
        graph = helper.make_graph([node], "node", infos, outputs)
        model = helper.make_model(graph, opset_imports=self._opsets)
        try:
            with np.errstate(all="ignore"):
                made = ReferenceEvaluator(model).run(None, given)
        except Exception as error:  # whatever the package raises for what it does not implement
            raise _Unknown from error
        return [np.asarray(array) for array in made]


def _dequantized(node: onnx.NodeProto, inputs: Sequence[Array | None]) -> Array:
    x, scale, zero = (*inputs, None)[:3]
    assert x is not None and scale is not None
    shape = [1] * x.ndim
    if scale.size > 1:
        shape[_attribute(node, "axis", 1)] = -1
    integers = x.astype(np.float64) - (0.0 if zero is None else zero.astype(np.float64).reshape(shape))
    return np.asarray(integers * scale.astype(np.float64).reshape(shape if x.ndim else ()))


def _quantized(inputs: Sequence[Array | None]) -> Array:
    x, scale, zero = (*inputs, None)[:3]
    if x is None or scale is None or scale.size != 1 or x.dtype.kind != "f":
        raise _Unknown
    kind = np.dtype(np.uint8) if zero is None else zero.dtype
    limits = np.iinfo(kind)
    with np.errstate(all="ignore"):
        codes = np.rint(x / float(scale.reshape(-1)[0])) + (0 if zero is None else int(zero.reshape(-1)[0]))
    return np.asarray(np.clip(np.nan_to_num(codes), limits.min, limits.max).astype(kind))


def _attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    return next((int(a.i) for a in node.attribute if a.name == name), default)
