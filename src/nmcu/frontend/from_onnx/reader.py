"""ONNX bytes to the integer graph: every name is given a meaning, node by node (see `values`)."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from nmcu.errors import ModelError
from nmcu.frontend.from_onnx import device, file, floats, foreign, layout
from nmcu.frontend.from_onnx.context import Context, Refused, Unquantised
from nmcu.frontend.from_onnx.fold import FOLDED, fold
from nmcu.frontend.from_onnx.fuse import fuse
from nmcu.frontend.from_onnx.order import in_order
from nmcu.frontend.from_onnx.per_channel import uniform
from nmcu.frontend.from_onnx.qoperator import to_qdq
from nmcu.frontend.from_onnx.values import Const, Floats, Integers, Pending, Quantised, Real, Source
from nmcu.frontend.needed import needed
from nmcu.frontend.readers import Fallback, OnnxReader
from nmcu.frontend.simplify import simplify
from nmcu.graph import Graph, TensorInfo, ops, origin
from nmcu.iree.offer import offer

RECURRENT = ("GRU", "LSTM")
METADATA = ("nmcu.mean", "nmcu.std", "nmcu.states")


def read(
    data: bytes,
    folder: Path,
    readers: Mapping[str, OnnxReader],
    floats_: Mapping[str, OnnxReader],
    fallback: Fallback | None = None,
) -> Graph:
    """The integer graph of a QDQ model; external data only from `folder`. `floats_` read nodes in float sections;
    nodes that none of them reads go to `fallback`.

    Raises `ModelError`.
    """
    whole = uniform(to_qdq(in_order(file.parse(data, folder))))
    alive = needed(whole.nodes, [port.name for port in whole.outputs])
    network = dataclasses.replace(whole, nodes=alive)
    if fallback is None:
        return _graph(network, readers, floats_)
    return foreign.read(
        network,
        fallback,
        lambda regions: _graph(regions, readers, floats_, fallback.op),
        lambda node: node.operator in readers or node.operator in floats_ or node.op in FOLDED,
    )


def _graph(
    network: file.File,
    readers: Mapping[str, OnnxReader],
    floats_: Mapping[str, OnnxReader],
    op: type[ops.Foreign] | None = None,
) -> Graph:
    """The graph of `network`, whose regions become `op`."""
    c = Context(fuse(network), floats_, op)
    for name, array in c.file.constants.items():
        c.known[name] = Const(array)
    for port in c.file.inputs:
        c.known[port.name] = _source(c, port)
    for node in c.file.nodes:
        with c.reading(node):
            _convert(c, readers)
    for port in c.file.outputs:
        with c.reading(foreign.writer(c.file, port.name)):
            _output(c, port)
    metadata = {key: c.file.metadata[key] for key in METADATA if key in c.file.metadata}
    return simplify(c.builder.finish(metadata, [port.name for port in c.file.inputs]))


def _convert(c: Context, readers: Mapping[str, OnnxReader]) -> None:
    full = c.node.operator
    if foreign.is_region(c.node):
        foreign.region(c)
        return
    if c.node.domain == file.STANDARD and fold(c):
        return
    if full not in readers:
        if floats.read(c):
            return
        remedy = _remedy(c.node.op) or _others(c, readers)
        raise Refused(f"node {c.node.name[:200]!r}: operator {full[:200]} is not supported; {remedy}", c.node)
    if any(isinstance(c.known.get(name), Floats) for name in c.node.inputs):
        if not floats.read(c):
            raise c.error(
                "is in a float section and has no float routine; a QuantizeLinear and DequantizeLinear pair is needed "
                "before it"
            )
        return
    try:
        readers[full](c)
    except Unquantised:
        if not floats.read(c):
            raise


def _others(c: Context, readers: Mapping[str, OnnxReader]) -> str:
    """What to take instead of the node's operator, or who else runs it."""
    known = f"supported: {', '.join(sorted(name for name in readers if '.' not in name))}"
    return f"{known}; {offer()}" if c.foreign is None and foreign.takes(c.file, c.node) else known


def _remedy(op: str) -> str | None:
    """What to do where a whole model was quantised in another form."""
    if op.startswith("Dynamic"):
        return "quantise statically, with calibration data (ONNX Runtime: quantize_static)"
    if op.startswith("QLinear") or op.endswith("Integer"):
        return "quantise in the QDQ form (ONNX Runtime: quant_format=QuantFormat.QDQ)"
    return None


def _source(c: Context, port: file.Port) -> Source:
    if port.shape is None:
        raise ModelError(
            f"model input {port.name!r} has no static shape; export the model with fixed sizes (the batch may be "
            "dynamic)"
        )
    if len(port.shape) > 2 and port.shape[0] != 1 and not (port.shape[1] == 1 and _is_sequence(c, port.name)):
        raise ModelError(f"model input {port.name!r} has shape {port.shape}; supported: batch size 1")
    TensorInfo(port.name, port.shape).check_size()
    return Source(port.name, port.dtype, port.shape, _input_axes(c, port.name, len(port.shape)), port.shape)


def _input_axes(c: Context, name: str, rank: int) -> layout.Axes:
    """The device order of a model input, chosen by what first reads it.

    NHWC where the model is NCHW; the model's own order where it is NHWC itself and starts with a Transpose, and for
    another compiler; channels last before a 1-D convolution.
    """
    for node in _first_readers(c, name):
        if foreign.is_region(node) and not foreign.is_elementwise(node):
            return layout.identity(rank)
        if node.op == "Transpose" and node.attributes.get("perm") == layout.inverse(layout.CHANNELS_LAST):
            return layout.identity(rank)
        if node.op == "Conv" and rank == 3:
            return (0, 2, 1)
    return layout.default(rank)


def _is_sequence(c: Context, name: str) -> bool:
    """Whether the input's first axis is time: recurrent layers read it."""
    return any(node.op in RECURRENT for node in _first_readers(c, name))


def _first_readers(c: Context, name: str) -> Iterator[file.Node]:
    """The nodes that read a model input, quantised or not."""
    names = {name}
    for node in c.file.nodes:
        if not names.isdisjoint(node.inputs if foreign.is_region(node) else node.inputs[:1]):
            if node.op in ("QuantizeLinear", "DequantizeLinear", "Cast", "Identity"):
                names.update(node.outputs)
            else:
                yield node


def _output(c: Context, port: file.Port) -> None:
    value, dtype = c.known[port.name], "float32"
    if isinstance(value, Quantised):
        dtype = "uint8" if value.unsigned else "int8"
        value = device.force(c, value)
    elif isinstance(value, Pending):
        value = _ranged(c, value, port.name) if value.range else floats.of(c, value)
    if isinstance(value, Integers):
        _decoded(c, port.name, value, "int64")
        return
    if not isinstance(value, Real):
        raise ModelError(
            f"model output {port.name!r} is an input or a constant; supported: results of the network"
        )
    value = device.unflatten(c, _tabulated(c, value, port.name))
    _decoded(c, port.name, value, dtype)


def _decoded(c: Context, name: str, value: Real | Integers, dtype: str) -> None:
    model = TensorInfo(name, value.shape, dtype)
    c.builder.output(
        value.tensor, model, layout.inverse(value.axes), layout.permuted(value.shape, value.axes)
    )
    c.builder.record(name, origin.plain(name, value.shape))


def _ranged(c: Context, value: Pending, name: str) -> Real:
    """A float model output whose range is known by definition."""
    assert value.range is not None
    return device.emit(c, value, device.spread(name, *value.range))


def _tabulated(c: Context, value: Real, name: str) -> Real:
    """Element-wise functions before a float model output: their 256 results give the range."""
    if value.values is None:
        return value
    if not np.isfinite(value.values).all():
        raise ModelError(f"model output {name!r}: {value.functions[-1]} gives values that are not finite")
    y = device.spread(name, float(value.values.min()), float(value.values.max()))
    return device.tabulate(c, value, y, value.node)
