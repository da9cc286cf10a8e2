"""Nodes whose inputs are all constants, computed while reading by the reference implementation of the onnx package.

Sizes come from onnx's shape inference, so they are known before memory is taken; the sum of all work in one model is
bounded. Only the matching of quantisation is ours: a reshaped constant behind DequantizeLinear keeps its integers.

Node by node, and not `onnxscript.optimizer.fold_constants` over the whole model first, which evaluates with the same
reference implementation: it looks at a result's size only after computing it, sees no constant behind a
DequantizeLinear (it must not fold those) and no shape behind operators of com.microsoft, so all that is here would
still be needed; and it takes 11 ms of the 35 ms in which an example model loads, 0.2 s more for the import
(onnxscript 0.7).
"""

import dataclasses
import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference

from nmcu.frontend.from_onnx.context import Array, Context
from nmcu.frontend.from_onnx.file import constant_of
from nmcu.frontend.from_onnx.layout import inverse
from nmcu.frontend.from_onnx.values import Const, QuantConst

MAX_ELEMENTS = 2**24
MAX_WORK_BYTES = 2**30
"""Bytes that all folded nodes of a model together read and write."""

FOLDED = frozenset(
    {
        *("Shape", "Size", "ConstantOfShape", "Range", "Cast", "Identity"),
        *("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"),
        *("Concat", "Expand", "Gather", "GatherElements", "Slice", "Tile", "Trilu", "Where"),
        *("Add", "Sub", "Mul", "Div", "Mod", "Pow", "Min", "Max", "Sum", "Mean"),
        *("And", "Or", "Not", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"),
        *(
            "Abs",
            "Ceil",
            "Clip",
            "Erf",
            "Exp",
            "Floor",
            "Log",
            "Neg",
            "Reciprocal",
            "Round",
            "Sigmoid",
            "Sign",
            "Sqrt",
            "Tanh",
        ),
        *("CumSum", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum"),
    }
)
"""One result, whose size follows from shapes, in time that is proportional to it."""

_MOVES = frozenset(["Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"])
_SMALL = 1024
"""Constants of at most so many elements are shown to shape inference: shapes, axes, paddings."""

_ERRORS = (
    onnx.checker.ValidationError,
    onnx.defs.SchemaError,
    shape_inference.InferenceError,
    *(ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError),
    *(NameError, RuntimeError, TypeError, ValueError),
)
"""What the onnx package raises for attributes and inputs that do not fit each other."""


def constant(c: Context) -> None:
    """The Constant node in all its forms."""
    array = constant_of(c.node)
    if array is None:
        raise c.error("holds a string; supported: integers and floats")
    c.write(Const(array))


def fold(c: Context) -> bool:
    """Compute the node if all its inputs are constants and the operator is known here; False otherwise."""
    values = [c.value(i) if c.has(i) else None for i in range(len(c.node.inputs))]
    given = [v for v in values if v is not None]
    if not given or not all(isinstance(v, Const | QuantConst) for v in given):
        return False
    first = values[0]
    if isinstance(first, QuantConst) and c.node.op in _MOVES:
        c.write(_moved(c, first))
        return True
    if c.node.op not in FOLDED:
        return False
    c.write(Const(_compute(c, [_array(v) for v in values])))
    return True


def _array(value: object) -> Array | None:
    """The constant as ONNX has it: DequantizeLinear gives float32."""
    if isinstance(value, QuantConst):
        return value.real.astype(np.float32)
    return value.array if isinstance(value, Const) else None


def _compute(c: Context, arrays: Sequence[Array | None]) -> Array:
    """The node's result; raises `ModelError` where its attributes or inputs do not fit each other."""
    attributes = {
        name: numpy_helper.from_array(value) if isinstance(value, np.ndarray) else value
        for name, value in c.node.attributes.items()
    }
    try:
        shape = _shape(c, arrays, attributes)
        if not 0 <= math.prod(shape) <= MAX_ELEMENTS:
            raise ValueError(f"{math.prod(float(d) for d in shape):g} elements")
        c.work += 8 * math.prod(shape) + sum(a.nbytes for a in arrays if a is not None)
        if c.work > MAX_WORK_BYTES:
            raise ValueError(f"the model computes on more than {MAX_WORK_BYTES} bytes of constants")
        with np.errstate(all="ignore"):
            result = np.asarray(_evaluator(c.node.op, c.file.opset)(*arrays, **attributes))
    except _ERRORS as error:
        raise c.error(f"its constant inputs do not fit ({str(error)[:100]})") from error
    if result.shape != shape:
        raise c.error(f"its result is inferred to have shape {shape} and computed to have {result.shape}")
    result.flags.writeable = False
    return result


def _shape(c: Context, arrays: Sequence[Array | None], attributes: dict[str, Any]) -> tuple[int, ...]:
    """The shape of the node's result, by inference from the shapes of its inputs and the values of small ones."""
    given = {f"i{i}": a for i, a in enumerate(arrays) if a is not None}
    names = [f"i{i}" if f"i{i}" in given else "" for i in range(len(arrays))]
    node = helper.make_node(c.node.op, names, ["o"], **attributes)
    types = {
        name: helper.make_tensor_type_proto(helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
        for name, a in given.items()
    }
    data = {name: numpy_helper.from_array(a, name) for name, a in given.items() if a.size <= _SMALL}
    schema = onnx.defs.get_schema(c.node.op, c.file.opset, "")
    found = shape_inference.infer_node_outputs(schema, node, types, data)["o"].tensor_type
    if not found.HasField("shape") or any(not d.HasField("dim_value") for d in found.shape.dim):
        raise ValueError("the size of its result is not known")
    return tuple(d.dim_value for d in found.shape.dim)


@cache
def _evaluator(op: str, opset: int) -> Any:
    # Imported late: 0.1 s, and models without constants to compute do not need it.
    from onnx.reference.ops import load_op

    return load_op("", op, opset).eval


def _moved(c: Context, value: QuantConst) -> QuantConst:
    """A reshape or transpose of a dequantised constant keeps its integers."""
    rest = [c.constant(i) if c.has(i) else None for i in range(1, len(c.node.inputs))]
    ints = _compute(c, [value.ints, *rest])
    if value.scale.size == 1:
        return dataclasses.replace(value, ints=ints)
    if c.node.op == "Transpose":
        perm = tuple(c.attribute("perm", tuple(reversed(range(value.ints.ndim)))))
        return dataclasses.replace(value, ints=ints, axis=inverse(perm)[value.axis])
    before = math.prod(value.shape[: value.axis])
    for axis, size in enumerate(ints.shape):
        if size == value.shape[value.axis] and math.prod(ints.shape[:axis]) == before:
            return dataclasses.replace(value, ints=ints, axis=axis)
    raise c.error("reshapes per-channel quantised weights across the channels, which is not supported")
