"""An ONNX file as plain immutable values; nothing in the file is trusted."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import numpy_helper

from nmcu.errors import ModelError
from nmcu.frontend import limits
from nmcu.frontend.from_onnx import sparse

MIN_OPSET = 13
STANDARD, MICROSOFT = "", "com.microsoft"

_INPUT_DTYPES: Mapping[int, str] = {
    onnx.TensorProto.FLOAT: "float32",
    onnx.TensorProto.UINT8: "uint8",
    onnx.TensorProto.INT8: "int8",
}


_CONSTANT_FORMS: Mapping[str, type[Any] | None] = {
    "value": None,
    "sparse_value": None,
    "value_float": np.float32,
    "value_floats": np.float32,
    "value_int": np.int64,
    "value_ints": np.int64,
}


@dataclass(frozen=True, eq=False)
class Node:
    """One node; `inputs` has "" for absent ones; attributes are numbers, strings, lists or arrays."""

    name: str
    op: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    @property
    def operator(self) -> str:
        """The operator, with its domain unless that is the standard one."""
        return f"{self.domain}.{self.op}" if self.domain else self.op


@dataclass(frozen=True)
class Port:
    """A graph input or output: name, shape with N = 1 for a dynamic batch (None: unknown), dtype."""

    name: str
    shape: tuple[int, ...] | None
    dtype: str


@dataclass(frozen=True, eq=False)
class File:
    """The main graph of a model, nodes as the file orders them (`order.in_order` sorts)."""

    opset: int
    nodes: tuple[Node, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    constants: Mapping[str, NDArray[Any]]
    metadata: Mapping[str, str]


def parse(data: bytes, folder: Path) -> File:
    """Read a serialised ModelProto; external data only from `folder`. Raises `ModelError`."""
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError as error:
        raise ModelError("this is neither an ONNX nor a TFLite model, or it is truncated") from error
    if not model.graph.node or not model.opset_import:
        raise ModelError("this is neither an ONNX nor a TFLite model: it has no nodes or no operator set")
    limits.check_nodes(len(model.graph.node))
    limits.check_bytes(sum(map(_size, _tensors(model.graph))) + sum(map(_dense_size, _sparse(model.graph))))
    _check_names(model.graph)
    constants = {_text(t.name): _array(t, folder) for t in model.graph.initializer}
    constants |= {_text(t.values.name): _dense(t, folder) for t in model.graph.sparse_initializer}
    return File(
        opset=_opset(model),
        nodes=tuple(_node(n, folder) for n in model.graph.node),
        inputs=tuple(_port(v) for v in model.graph.input if _text(v.name) not in constants),
        outputs=tuple(_port(v) for v in model.graph.output),
        constants=constants,
        metadata={_text(p.key): _text(p.value) for p in model.metadata_props},
    )


def whole(data: bytes, folder: Path) -> bytes:
    """`data` with the constants that lie in files of `folder` inside; raises `ModelError` where one cannot be read."""
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError:
        return data
    outside = [t for t in _tensors(model.graph) if t.data_location == onnx.TensorProto.EXTERNAL]
    limits.check_bytes(sum(map(_size, outside)))
    for tensor in outside:
        tensor.raw_data = _external(tensor, folder, _size(tensor))
        del tensor.external_data[:]
        tensor.data_location = onnx.TensorProto.DEFAULT
    return bytes(model.SerializeToString()) if outside else data


def constant_of(node: Node) -> NDArray[Any] | None:
    """The array of a Constant node in any of its numeric forms; None of a string."""
    for name, dtype in _CONSTANT_FORMS.items():
        if name in node.attributes:
            return np.asarray(node.attributes[name], dtype)
    return None


def _opset(model: onnx.ModelProto) -> int:
    versions = {o.domain: o.version for o in model.opset_import}
    version = versions.get("", versions.get("ai.onnx", 0))
    if version < MIN_OPSET:
        raise ModelError(
            f"the model uses ONNX opset {version}; supported: {MIN_OPSET} and newer; export it again"
        )
    return int(version)


def _node(proto: onnx.NodeProto, folder: Path) -> Node:
    op = _text(proto.op_type)
    inputs, outputs = (tuple(map(_text, names)) for names in (proto.input, proto.output))
    name = _text(proto.name) or next((o for o in outputs if o), op)
    domain = STANDARD if proto.domain == "ai.onnx" else _text(proto.domain)
    attributes = {_text(a.name): _attribute(name, op, a, folder) for a in proto.attribute}
    return Node(name, op, domain, inputs, outputs, attributes)


def _text(value: str | bytes) -> str:
    """A string of the file: protobuf gives bytes where it is not UTF-8. Names that differ stay different."""
    return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")


def _attribute(name: str, op: str, proto: onnx.AttributeProto, folder: Path) -> Any:
    kind = onnx.AttributeProto.AttributeType
    match proto.type:
        case kind.INT:
            return proto.i
        case kind.FLOAT:
            return proto.f
        case kind.STRING:
            return proto.s.decode("utf-8", "replace")
        case kind.INTS:
            return tuple(proto.ints)
        case kind.FLOATS:
            return tuple(proto.floats)
        case kind.STRINGS:
            return tuple(s.decode("utf-8", "replace") for s in proto.strings)
        case kind.TENSOR:
            return _array(proto.t, folder)
        case kind.SPARSE_TENSOR:
            return _dense(proto.sparse_tensor, folder)
    raise ModelError(
        f"node {name!r} ({op}): attribute {proto.name!r} is a subgraph or of an unknown type; control flow is not "
        "supported"
    )


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """What the constants of the graph are stored in."""
    yield from graph.initializer
    for node in graph.node:
        yield from (a.t for a in node.attribute if a.type == onnx.AttributeProto.TENSOR)
    for each in _sparse(graph):
        yield from (each.values, each.indices)


def _sparse(graph: onnx.GraphProto) -> Iterator[onnx.SparseTensorProto]:
    yield from graph.sparse_initializer
    for node in graph.node:
        yield from (a.sparse_tensor for a in node.attribute if a.type == onnx.AttributeProto.SPARSE_TENSOR)


def _dtype(proto: onnx.TensorProto) -> np.dtype[Any]:
    name = _text(proto.name)
    try:
        dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(proto.data_type))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"constant {name!r} has an unknown data type {proto.data_type}") from error
    if dtype.kind not in "iufb":
        raise ModelError(
            f"constant {name!r} has data type {dtype}; supported: integers of 8 to 64 bits and floats of 16 to 64: "
            "quantise to int8"
        )
    return dtype


def _size(proto: onnx.TensorProto) -> int:
    """The bytes of a constant."""
    size: int = math.prod(proto.dims) * max(1, _dtype(proto).itemsize)
    if min(proto.dims, default=1) < 0 or size > limits.MAX_BYTES:
        raise ModelError(
            f"constant {_text(proto.name)!r} has shape {tuple(proto.dims)}, which is not valid or too large"
        )
    return size


def _dense_size(proto: onnx.SparseTensorProto) -> int:
    """The bytes of a sparse constant once it is dense."""
    size: int = max(0, math.prod(proto.dims)) * _dtype(proto.values).itemsize
    return size


def _dense(proto: onnx.SparseTensorProto, folder: Path) -> NDArray[Any]:
    values, indices = (_array(each, folder) for each in (proto.values, proto.indices))
    return sparse.dense(_text(proto.values.name), tuple(proto.dims), values, indices)


def _array(proto: onnx.TensorProto, folder: Path) -> NDArray[Any]:
    name, dtype, size = _text(proto.name), _dtype(proto), _size(proto)
    if proto.data_location == onnx.TensorProto.EXTERNAL:
        content = _external(proto, folder, size)
        return np.frombuffer(content, dtype).reshape(tuple(proto.dims))
    try:
        array = np.asarray(numpy_helper.to_array(proto))
        array.flags.writeable = False
        return array
    except (ValueError, TypeError, OverflowError) as error:
        raise ModelError(
            f"constant {name!r} has less or more data than its shape {tuple(proto.dims)}"
        ) from error


def _external(proto: onnx.TensorProto, folder: Path, size: int) -> bytes:
    """`size` bytes of an external file that lies inside `folder` (links resolved)."""
    fields = {_text(e.key): _text(e.value) for e in proto.external_data}
    location, name = fields.get("location", ""), _text(proto.name)
    try:
        root = folder.resolve()
        path = (root / location).resolve()
        if not location or not path.is_relative_to(root) or not path.is_file():
            raise ModelError(
                f"constant {name!r} refers to external data {location[:200]!r}, not a file beside the model"
            )
        offset, length = int(fields.get("offset", "0")), int(fields.get("length", str(size)))
        if offset < 0 or length != size or offset + length > path.stat().st_size:
            raise ModelError(
                f"constant {name!r}: its external data does not lie inside file {location[:200]!r}"
            )
        with path.open("rb") as stream:
            stream.seek(offset)
            return bytes(stream.read(length))
    except (OSError, ValueError) as error:
        raise ModelError(f"constant {name!r}: its external data cannot be read") from error


def _port(proto: onnx.ValueInfoProto) -> Port:
    name = _text(proto.name)
    if proto.type.WhichOneof("value") != "tensor_type":
        raise ModelError(f"model input or output {name!r} is not a tensor")
    tensor = proto.type.tensor_type
    dtype = _INPUT_DTYPES.get(tensor.elem_type, f"type {tensor.elem_type}")
    if not tensor.HasField("shape"):
        return Port(name, None, dtype)
    shape = []
    for axis, dim in enumerate(tensor.shape.dim):
        known = dim.WhichOneof("value") == "dim_value" and dim.dim_value > 0
        if not known and axis > 0:
            return Port(name, None, dtype)
        shape.append(dim.dim_value if known else 1)
    return Port(name, tuple(shape), dtype)


def _check_names(graph: onnx.GraphProto) -> None:
    """Inputs and initializers have names, each its own; an initializer may be the default value of an input."""
    initializers = [*graph.initializer, *(each.values for each in graph.sparse_initializer)]
    for kind, values in (("input", graph.input), ("initializer", initializers)):
        seen: set[str] = set()
        for number, name in enumerate(_text(value.name) for value in values):
            if not name:
                raise ModelError(f"{kind} {number} of the model has no name; export the model again")
            if name in seen:
                raise ModelError(f"two {kind}s of the model are called {name!r}; export the model again")
            seen.add(name)
