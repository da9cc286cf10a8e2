"""Model inputs and outputs that become state: what a caller would hand back with the next call."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx_ir as ir

from nmcu.errors import ModelError
from nmcu.graph import ops, origin
from nmcu.graph.graph import Graph
from nmcu.graph.layer import Layer
from nmcu.graph.op import DOMAIN, Array, Op
from nmcu.graph.origin import Key
from nmcu.graph.tensor import TensorInfo, from_value, to_value

PROPERTY = "nmcu.states"
"""Metadata of a model file: a JSON object of inputs that are states, each with the output that is its next value."""
_MADE_FROM = "carried"


@dataclass(frozen=True)
class Carried:
    """The state `state` was `input` and `output` of the file, which calls them by these keys; `dtype` and `shape` are
    those of the input, whose elements are `zero` before the first run."""

    state: str
    input: str
    output: str
    input_key: Key
    output_key: Key
    dtype: str
    shape: tuple[int, ...]
    zero: int

    @property
    def initial(self) -> Array:
        """The input before the first run."""
        return np.full(self.shape, self.zero, self.dtype)


def carried(graph: Graph) -> tuple[Carried, ...]:
    """What of `graph` was made a state by `carry`."""
    found = (
        (node, node.metadata_props[_MADE_FROM])
        for node in graph.model.graph
        if _MADE_FROM in node.metadata_props
    )
    return tuple(
        Carried(node.outputs[0].name or "", **{**made, "shape": tuple(made["shape"])})
        for node, made in ((node, json.loads(text)) for node, text in found)
    )


def pairs_in(metadata: Mapping[str, str]) -> dict[str, str]:
    """The inputs and outputs that a model file itself says are states; raises `ModelError` where it cannot be read."""
    try:
        found = json.loads(metadata.get(PROPERTY, "{}"))
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in (*found, *found.values())):
        raise ModelError(f"the model's metadata {PROPERTY} is no JSON object of names of inputs and outputs")
    return found


def carry(graph: Graph, pairs: Mapping[str, str]) -> Graph:
    """`graph` with the model's inputs that `pairs` names as states, whose next values are the outputs it has for them.

    Before the first run a state is zero, or its zero point. Where input and output have different scales and are float,
    the value is requantised as a caller's would be. The model of `graph` is edited. Raises `ModelError` for names that
    the model does not have, and for inputs and outputs that do not fit each other.
    """
    if not pairs:
        return graph
    edge = graph.border
    _check("input", pairs, [info.name for info in edge.model_inputs])
    _check("output", pairs.values(), [info.name for info in edge.model_outputs])
    if len(set(pairs.values())) == len(edge.model_outputs):
        raise ModelError("all outputs of the model are states: there is nothing left that it computes")
    nodes = {node.name: node for node in graph.model.graph}
    decoders = {decoder.outputs[0].name: decoder for decoder in edge.decoders}
    for encoder in edge.encoders:
        name = encoder.inputs[0].name
        if name in pairs:
            decoder = decoders[pairs[name]]
            _check_alike(encoder.inputs[0], decoder.outputs[0])
            _replace(_Edit(graph), nodes[encoder.name], nodes[decoder.name])
    whole = graph.model.graph
    for name in set(pairs.values()):
        node = nodes[decoders[name].name]
        whole.outputs.remove(node.outputs[0])
        whole.remove(node, safe=True)
    for value in [value for value in whole.inputs if value.name in pairs]:
        whole.inputs.remove(value)
    graph.model.metadata_props[PROPERTY] = json.dumps(dict(pairs))
    return Graph(graph.model, graph.operators)


def _check(what: str, names: Any, known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise ModelError(
                f"the model has no {what} {name!r} that could be a state; there are: {', '.join(map(repr, known))}"
            )


def _check_alike(given: TensorInfo, result: TensorInfo) -> None:
    for what, a, b in (("shape", given.shape, result.shape), ("type", given.dtype, result.dtype)):
        if a != b:
            raise ModelError(
                f"input {given.name!r} has {what} {a}, output {result.name!r}, its next value, {b}: equal ones are "
                "needed"
            )


class _Edit:
    """Adds nodes to a graph's model."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.whole = graph, graph.model.graph
        self._taken = {value.name for node in self.whole for value in (*node.inputs, *node.outputs) if value}
        self._nodes = {node.name for node in self.whole}

    def node(
        self, name: str, op: Op, inputs: Sequence[ir.Value], result: TensorInfo, **constants: Array
    ) -> ir.Node:
        """A node with one output, in no place yet."""
        named = replace(result, name=self._free(result.name, self._taken))
        name = self._free(name, self._nodes)
        values = [self._constant(f"{name}.{key}", constants[key]) for key in op.CONSTANTS]
        return ir.Node(
            DOMAIN,
            type(op).__name__,
            [*inputs, *values],
            op.attributes(),
            outputs=[to_value(named)],
            name=name,
        )

    def released(self, name: str) -> str:
        """`name`, of a model input that goes, as one that a tensor may have."""
        self._taken.discard(name)
        return name

    def append(self, name: str, op: Op, x: ir.Value, result: TensorInfo, **constants: Array) -> ir.Value:
        """The result of a node at the end."""
        made = self.node(name, op, [x], result, **constants)
        self.whole.append(made)
        return made.outputs[0]

    def _constant(self, name: str, array: Array) -> ir.Value:
        tensor = ir.Tensor(array, name=self._free(name, self._taken))
        value = ir.Value(
            name=tensor.name, shape=tensor.shape, type=ir.TensorType(tensor.dtype), const_value=tensor
        )
        self.whole.register_initializer(value)
        return value

    def _free(self, wanted: str, taken: set[str | None]) -> str:
        name, count = wanted, 1
        while name in taken:
            name, count = f"{wanted}_{count}", count + 1
        taken.add(name)
        return name


def _replace(edit: _Edit, encoder: ir.Node, decoder: ir.Node) -> None:
    """Let a state be what `encoder` gave, and what `decoder` took its next value."""
    reads, writes = edit.graph.read(encoder), edit.graph.read(decoder)
    given, held = encoder.inputs[0], encoder.outputs[0]
    assert given is not None
    info = replace(reads.outputs[0], name=edit.released(reads.inputs[0].name))
    zero = info.quant[1]
    initial = np.full(info.shape, zero, np.int16)
    read = edit.node(f"state {info.name}", ops.ReadState(dtype="int8"), [], info, initial=initial)
    made = read.outputs[0]
    read.metadata_props[_MADE_FROM] = json.dumps(
        {
            "input": reads.inputs[0].name,
            "output": writes.outputs[0].name,
            "input_key": _key(given),
            "output_key": _key(decoder.outputs[0]),
            "dtype": reads.inputs[0].dtype,
            "shape": reads.inputs[0].shape,
            "zero": {"float32": 0, "int8": zero, "uint8": zero + 128}[reads.inputs[0].dtype],
        }
    )
    edit.whole.insert_before(encoder, read)
    made.metadata_props.update(held.metadata_props)
    ir.convenience.replace_all_uses_with(held, made)
    edit.whole.remove(encoder, safe=True)
    value = decoder.inputs[0]
    assert value is not None
    value = _scaled(edit, _arranged(edit, value, reads, writes), reads, writes)
    end = edit.node(
        f"keep {info.name}", ops.WriteState(), [made, value], replace(info, name=f"{info.name} next")
    )
    edit.whole.append(end)


def _key(value: ir.Value) -> Key:
    origins = origin.read(value)
    return origins[0].key if origins else value.name or ""


def _arranged(edit: _Edit, value: ir.Value, reads: Layer, writes: Layer) -> ir.Value:
    """`value` in the layout of the state, which may differ from that in which it was an output."""
    into, out = reads.op, writes.op
    assert isinstance(into, ops.Encode) and isinstance(out, ops.Decode)
    info, perm = from_value(value), tuple(out.perm[p] for p in into.perm)
    moved = np.arange(info.size).reshape(out.shape).transpose(perm)
    if not np.array_equal(moved.ravel(), np.arange(info.size)):
        if out.shape != info.shape:
            shaped = replace(info, shape=out.shape)
            value = edit.append(f"{info.name} shaped", ops.Reshape(shape=out.shape), value, shaped)
        turned = replace(info, shape=moved.shape)
        value = edit.append(f"{info.name} turned", ops.Transpose(perm=perm), value, turned)
    if from_value(value).shape != into.shape:
        value = edit.append(
            f"{info.name} as state", ops.Reshape(shape=into.shape), value, replace(info, shape=into.shape)
        )
    return value


def _scaled(edit: _Edit, value: ir.Value, reads: Layer, writes: Layer) -> ir.Value:
    """`value` with the scale of the state: what the encoder makes of what the decoder gives."""
    state, info = reads.outputs[0], from_value(value)
    if state.quant == info.quant:
        return value
    if reads.inputs[0].dtype != "float32":
        raise ModelError(
            f"input {reads.inputs[0].name!r} has scale and zero point {state.quant}, output "
            f"{writes.outputs[0].name!r}, its next value, {info.quant}: equal ones are needed where they are integers"
        )
    codes = np.arange(-128, 128).astype(np.int8)
    into, out = reads.op, writes.op
    assert isinstance(into, ops.Encode) and isinstance(out, ops.Decode)
    real = replace(out, perm=(0,), shape=(256,)).reference([codes], {})[0]
    table = replace(into, perm=(0,), shape=(256,)).reference([real], {})[0]
    scaled = replace(state, name=f"{info.name} as {state.name}")
    return edit.append(f"{info.name} rescaled", ops.Table(function="requantize"), value, scaled, table=table)
