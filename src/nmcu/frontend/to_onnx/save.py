"""Writing an integer graph as a QDQ ONNX model that any ONNX runtime executes and `load` reads back."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import helper

from nmcu.errors import ModelError, NmcuError
from nmcu.files import write_atomically
from nmcu.frontend.to_onnx.states import state_ports
from nmcu.frontend.to_onnx.writer import TO_FIRST, TO_LAST, Export, Layout, Writer
from nmcu.graph import Graph, Layer, TensorInfo, ops
from nmcu.graph.carry import PROPERTY

OPSET, IR_VERSION = 17, 8

_DTYPES = {
    "float32": onnx.TensorProto.FLOAT,
    "uint8": onnx.TensorProto.UINT8,
    "int8": onnx.TensorProto.INT8,
    "int32": onnx.TensorProto.INT32,
    "int64": onnx.TensorProto.INT64,
}


def check_suffix(path: Path) -> None:
    """Raises `NmcuError` for a file name that nobody would look for QDQ ONNX under."""
    if path.suffix.lower() != ".onnx":
        raise NmcuError(f"{path} would be QDQ ONNX under another name: let it end in .onnx")


def save(graph: Graph, path: str | Path, writers: Mapping[type[ops.Op], Export]) -> None:
    """Write `graph` to `path` as QDQ ONNX (opset 17) with the operators' `writers`; loading it gives the same graph.

    States become inputs and outputs, which the file's metadata names.

    Raises `ModelError` for what QDQ ONNX cannot express, `NmcuError` where `path` cannot be written.
    """
    w, edge = Writer(), graph.border
    for info in (*edge.model_inputs, *edge.model_outputs):
        w.unique(info.name)
    states = [state_ports(w, graph, state) for state in graph.states]
    for encoder in edge.encoders:
        _encode(w, encoder)
    for ports in states:
        ports.read(w)
    for layer in graph.layers:
        if not isinstance(layer.op, ops.WriteState):
            _layer(w, layer, writers)
    for decoder in edge.decoders:
        _decode(w, decoder)
    for ports in states:
        ports.write(w)
    proto = helper.make_model(
        helper.make_graph(
            w.nodes,
            graph.name or "model",
            [_info(i) for i in (*edge.model_inputs, *(p.input for p in states))],
            [_info(o) for o in (*edge.model_outputs, *(p.output for p in states))],
            w.initializers,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="nmcu",
    )
    pairs = {PROPERTY: json.dumps({p.input.name: p.output.name for p in states})} if states else {}
    helper.set_model_props(proto, {**graph.metadata, **pairs})
    write_atomically(Path(path), proto.SerializeToString())


def _info(info: TensorInfo) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(info.name, _DTYPES[info.dtype], info.shape)


def _layer(w: Writer, layer: Layer, writers: Mapping[type[ops.Op], Export]) -> None:
    write = writers.get(type(layer.op))
    if write is None:
        raise ModelError(
            f"node {layer.name!r}: its operator {type(layer.op).__name__} has no form in QDQ ONNX"
        )
    made = write(w, layer, layer.op)
    if made is None:
        return
    real, layout = made
    (y,) = layer.outputs
    if y.dtype != "int8":  # of a float section
        w.define(y, layout, real)
        return
    last = layer.op.sum if isinstance(layer.op, ops.ConvAdd) else layer.op
    lo, hi = getattr(last, "lo", -128), getattr(last, "hi", 127)
    if (lo, hi) != (-128, 127):
        scale, zero = y.quant
        bounds = [
            w.constant(np.array((v - zero) * scale, np.float32), f"{y.name} {what}") if v != open_ else ""
            for v, open_, what in ((lo, -128, "lo"), (hi, 127, "hi"))
        ]
        real = w.node("Clip", [real, *bounds], f"{y.name} clipped")
    w.quantize(real, y, layout)


def _encode(w: Writer, encoder: Layer) -> None:
    op, model, device = encoder.op, encoder.inputs[0], encoder.outputs[0]
    assert isinstance(op, ops.Encode)
    name = model.name
    first = list(op.perm) == TO_LAST and op.shape == device.shape and len(op.shape) == 4
    if op.dtype != "float32":
        raw = TensorInfo(f"{device.name} raw", model.shape, scale=device.scale, zero_point=device.zero_point)
        w.dequantize(name, raw, "last", shift=128 if op.dtype == "uint8" else 0)
        name = w.real(raw)
    if first:
        _border(w, op, name, device, "first")
        return
    if list(op.perm) != list(range(len(op.perm))):
        name = w.node("Transpose", [name], f"{device.name} transposed", perm=op.perm)
    if tuple(model.shape[p] for p in op.perm) != op.shape:
        shape = w.constant(np.array(op.shape, np.int64), f"{device.name} shape")
        name = w.node("Reshape", [name, shape], f"{device.name} shaped")
    _border(w, op, name, device, "last")


def _border(w: Writer, op: ops.Encode, name: str, device: TensorInfo, layout: Layout) -> None:
    if op.dtype == "float32" and op.to == "int8":
        w.quantize(name, device, layout)
    else:
        w.define(device, layout, name)


def _decode(w: Writer, decoder: Layer) -> None:
    op, device, model = decoder.op, decoder.inputs[0], decoder.outputs[0]
    assert isinstance(op, ops.Decode)
    if list(op.perm) == TO_FIRST and op.shape == device.shape:
        name = w.real(device, "first")
    else:
        name = w.real(device)
        if op.shape != device.shape:
            shape = w.constant(np.array(op.shape, np.int64), f"{model.name} device shape")
            name = w.node("Reshape", [name, shape], f"{model.name} shaped")
        if list(op.perm) != list(range(len(op.perm))):
            name = w.node("Transpose", [name], f"{model.name} transposed", perm=op.perm)
    if op.dtype in ("float32", "int64"):
        w.nodes.append(helper.make_node("Identity", [name], [model.name], name=f"output {model.name}"))
        return
    if op.dtype not in ("int8", "uint8"):
        raise ModelError(f"model output {model.name!r} of type {op.dtype} cannot be written as QDQ ONNX")
    shift = 128 if op.dtype == "uint8" else 0
    dtype = np.uint8 if shift else np.int8
    scale = w.constant(np.array(op.scale, np.float32), f"{model.name} scale")
    zero = w.constant(np.array(op.zero_point + shift, dtype), f"{model.name} zero_point")
    w.nodes.append(
        helper.make_node("QuantizeLinear", [name, scale, zero], [model.name], name=f"output {model.name}")
    )
