"""A network's reading against ONNX Runtime, every layer fed the runtime's own tensors, in two ways.

One comparison knows their layout from what the reader makes of them as outputs; the other is the one behind `nmcu
verify`, which must find no more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, shape_inference

from nmcu import operators, verification
from nmcu.graph import Graph, ops, reference
from nmcu.graph.layer import Layer
from nmcu.graph.op import Array
from nmcu.judge import Key

Feed = Mapping[str, Array]


EXACT = (ops.Constant, ops.Reshape, ops.Slice, ops.Transpose)
"""Operators that compute nothing."""


class NotRun(Exception):
    """The runtime refuses the model; the first line of why."""


@dataclass(frozen=True)
class Difference:
    """The largest difference of one layer from the runtime, in steps."""

    layer: str
    op: str
    steps: int
    text: str


def with_all_outputs(data: bytes) -> bytes:
    """The model with all its quantised integers among its outputs: what QuantizeLinear wrote, moved and clipped too."""
    model = onnx.load_from_string(data)
    own = {o.name for o in model.graph.output}
    constants = {i.name for i in model.graph.initializer}
    integers: set[str] = set()
    for node in model.graph.node:
        if node.op_type == "Constant":
            constants.update(node.output)
        elif (node.input[0] in integers and node.op_type != "DequantizeLinear") or (
            node.op_type == "QuantizeLinear" and node.input[0] not in constants
        ):
            integers.update(node.output)
    added = [helper.make_empty_tensor_value_info(name) for name in sorted(integers - own)]
    model.graph.output.extend(added)
    return bytes(shape_inference.infer_shapes(model).SerializeToString())


def run(data: bytes, feeds: Sequence[Feed]) -> list[dict[str, Array]]:
    """Every output of the model by ONNX Runtime, unoptimised, for each feed. Raises `NotRun`."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        names = [o.name for o in session.get_outputs()]
        return [dict(zip(names, session.run(names, dict(feed)), strict=True)) for feed in feeds]
    except Exception as error:
        raise NotRun(str(error).splitlines()[0]) from error


def compare(data: bytes, feeds: Sequence[Feed]) -> Iterator[Difference]:
    """The difference of every layer that the runtime has a tensor for. Raises `NotRun`, and what the reader raises."""
    whole = with_all_outputs(data)
    graph = operators.parse(whole, "model.onnx", Path())
    plain = operators.parse(data, "model.onnx", Path())
    for feed, tensors in zip(feeds, run(whole, feeds), strict=True):
        yield from _changed(reference.run_model(plain, feed), reference.run_model(graph, feed))
        yield from _layers(graph, feed, _on_device(graph, tensors))
        together: dict[Key, Array] = {key: array for each in (feed, tensors) for key, array in each.items()}
        for fault in verification.compare(plain, together).faults:
            yield Difference(fault.layer, f"{fault.kind} by nmcu verify", 999, str(fault))


def _changed(plain: Mapping[str, Array], with_all: Mapping[str, Array]) -> Iterator[Difference]:
    """Outputs that are not the same, bit for bit, once every tensor is an output."""
    for name, array in plain.items():
        if not np.array_equal(array, with_all[name], equal_nan=array.dtype.kind == "f"):
            yield Difference(name, "with all tensors as outputs", 999, f"output {name!r} is another")


def _layers(graph: Graph, feed: Feed, known: Mapping[str, Array]) -> Iterator[Difference]:
    """Of layers that read nothing but tensors of the runtime's: what others make of ours is left to `nmcu verify`."""
    mine = dict(graph.border.encode(feed))
    same = set(mine)
    for encoder in graph.border.encoders:
        yield from _difference(encoder, encoder.outputs[0].name, mine, known)
    for layer in graph.layers:
        results = reference.run_layer(layer, [mine[i.name] for i in layer.inputs])
        fed = all(i.name in same for i in layer.inputs)
        for info, result in zip(layer.outputs, results, strict=True):
            mine[info.name] = result
            found = list(_difference(layer, info.name, mine, known))
            if fed:
                yield from found
            if found or (fed and isinstance(layer.op, EXACT)):
                same.add(info.name)


def _difference(
    layer: Layer, name: str, mine: dict[str, Array], known: Mapping[str, Array]
) -> Iterator[Difference]:
    """The difference of tensor `name`, which becomes the runtime's own."""
    if name not in known:
        return
    ours, theirs = mine[name], known[name]
    gap = np.abs(ours.astype(np.int64) - theirs)
    at = tuple(int(i) for i in np.unravel_index(int(gap.argmax()), gap.shape)) if gap.size else ()
    text = f"layer {layer.name!r} ({layer.op}), tensor {name!r} at {at}: {ours[at]}, the runtime {theirs[at]}"
    yield Difference(layer.name, type(layer.op).__name__, int(gap.max(initial=0)), text)
    mine[name] = theirs.astype(ours.dtype)


def _on_device(graph: Graph, tensors: Mapping[str, Array]) -> dict[str, Array]:
    """The runtime's integers by the name and in the layout of our device tensors, as the border decodes them."""
    found: dict[str, Array] = {}
    for decoder in graph.border.decoders:
        assert isinstance(decoder.op, ops.Decode)
        value, info = tensors[decoder.outputs[0].name], decoder.inputs[0]
        if value.dtype == np.float32:
            continue
        if value.shape != decoder.outputs[0].shape:
            raise ValueError(
                f"{decoder.outputs[0].name!r} has shape {decoder.outputs[0].shape}, the runtime {value.shape}"
            )
        shift = 128 if value.dtype == np.uint8 else 0
        back = tuple(int(i) for i in np.argsort(decoder.op.perm))
        integers = value.astype(np.int64).transpose(back).reshape(info.shape) - shift
        found[info.name] = integers
    return found
