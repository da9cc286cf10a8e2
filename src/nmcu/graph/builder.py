"""Building an integer graph node by node; shapes come from the operators' shape rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import onnx_ir as ir

from nmcu.errors import ModelError, counted
from nmcu.graph import ops, origin
from nmcu.graph.graph import READ_FROM, Graph
from nmcu.graph.op import DOMAIN, Array, Op
from nmcu.graph.origin import Origin
from nmcu.graph.tensor import ON_DEVICE, Shape, TensorInfo, to_value


class Builder:
    """Collects nodes in execution order and gives a `Graph` with `finish`.

    `ports` are the names of the model's own inputs and outputs, which no tensor on the device takes. `reading` is the
    first result of the file's node that nodes are added for, which the graph remembers (`Graph.read_from`).
    """

    def __init__(self, name: str = "model", ports: Iterable[str] = ()) -> None:
        self._name = name
        self._ports = frozenset(ports)
        self.reading = ""
        self._values: dict[str, ir.Value] = {}
        self._node_names: set[str] = set()
        self._nodes: list[ir.Node] = []
        self._initializers: list[ir.Value] = []
        self._inputs: dict[str, ir.Value] = {}
        self._outputs: list[ir.Value] = []
        self._operators: dict[str, type[Op]] = {}

    def input(self, model: TensorInfo, device: TensorInfo, perm: Sequence[int]) -> TensorInfo:
        """A model input and its way to the device tensor `device`: transpose, reshape, quantise."""
        if model.name not in self._inputs:
            self._inputs[model.name] = self._register(model)
        scale, zero = (1.0, 0) if device.dtype == "float32" else device.quant
        op = ops.Encode(
            dtype=model.dtype,  # type: ignore[arg-type]
            to=device.dtype,  # type: ignore[arg-type]
            perm=tuple(perm),
            shape=device.shape,
            scale=scale,
            zero_point=zero,
        )
        return self._append(f"quantize {model.name}", op, [self._inputs[model.name]], {}, [device])[0]

    def output(self, tensor: TensorInfo, model: TensorInfo, perm: Sequence[int], shape: Shape) -> str:
        """A model output: `tensor` reshaped to `shape`, transposed by `perm`, as `model.dtype`; its name in the graph,
        another one where the model's is taken (by an input that is an output, too)."""
        producer = self._values[tensor.name].producer()
        if producer is not None and producer.op_type == ops.ReadState.__name__:
            # An output is what it was when the run ended; the state itself has a new value then.
            (tensor,) = self.add(f"{tensor.name} copy", ops.Reshape(shape=tensor.shape), [tensor], [tensor])
        op = ops.Decode(
            dtype=model.dtype,  # type: ignore[arg-type]
            perm=tuple(perm),
            shape=shape,
            scale=1.0 if tensor.scale is None else tensor.scale,
            zero_point=tensor.zero_point or 0,
        )
        (made,) = self._append(
            f"dequantize {model.name}", op, [self._values[tensor.name]], {}, [model], port=True
        )
        self._outputs.append(self._nodes[-1].outputs[0])
        return made.name

    def state(self, info: TensorInfo, initial: Array) -> TensorInfo:
        """A state (int8 or int16) as layers read it: what `keep` got in the last run, `initial` in the first."""
        op = ops.ReadState(dtype=info.dtype)  # type: ignore[arg-type]
        held = TensorInfo(info.name, initial.shape, info.dtype, info.scale, info.zero_point)
        return self._append(f"state {info.name}", op, [], {"initial": initial.astype(np.int16)}, [held])[0]

    def keep(self, state: TensorInfo, value: TensorInfo) -> None:
        """Let `state` have `value` from the next run on; raises `ModelError` where shapes or quantisations differ.

        Layers read the old value even where they are added later.
        """
        self.add(
            f"keep {state.name}",
            ops.WriteState(),
            [state, value],
            [replace(state, name=f"{state.name} next")],
        )

    def record(self, name: str, origin_: Origin) -> None:
        """Note which tensor of the model file tensor `name` of the graph holds."""
        origin.record(self._values[name], origin_)

    def add(
        self,
        name: str,
        op: Op,
        inputs: Sequence[TensorInfo],
        outputs: Sequence[TensorInfo],
        constants: Mapping[str, Array] | None = None,
    ) -> tuple[TensorInfo, ...]:
        """Append a node; `outputs` give name, dtype and quantisation, their shapes are inferred.

        Names that are taken get a number appended; the tensors are returned as they are called in the graph.
        Raises `ModelError` naming the node where shapes do not fit.
        """
        shapes = shapes_of(name, op, inputs, constants or {})
        if len(shapes) != len(outputs):
            raise ModelError(
                f"node {name!r} ({type(op).__name__}) has {counted(len(shapes), 'output')}, {len(outputs)} named"
            )
        shaped = [
            TensorInfo(o.name, shape, o.dtype, o.scale, o.zero_point)
            for o, shape in zip(outputs, shapes, strict=True)
        ]
        return self._append(name, op, [self._values[i.name] for i in inputs], constants or {}, shaped)

    def finish(self, metadata: Mapping[str, str] | None = None, inputs: Sequence[str] = ()) -> Graph:
        """The graph without what no output needs; `metadata` becomes the model's metadata properties.

        The model inputs are in the order of `inputs`, their names in the file, whichever was read first.
        """
        ordered = [
            self._inputs[name] for name in dict.fromkeys((*inputs, *self._inputs)) if name in self._inputs
        ]
        place = {value: index for index, value in enumerate(ordered)}
        nodes = sorted(
            self._needed(),
            key=lambda node: min(
                (place[value] for value in node.inputs if value in place), default=len(place)
            ),
        )
        read = {value for node in nodes for value in node.inputs}
        graph = ir.Graph(
            ordered,
            self._outputs,
            nodes=nodes,
            initializers=[value for value in self._initializers if value in read],
            opset_imports={DOMAIN: 1},
            name=self._name,
        )
        model = ir.Model(graph, ir_version=10, producer_name="nmcu", metadata_props=dict(metadata or {}))
        return Graph(model, MappingProxyType({**ops.REGISTRY, **self._operators}))

    def _needed(self) -> list[ir.Node]:
        writes = [node for node in self._nodes if node.op_type == ops.WriteState.__name__]
        roots, before = set(self._outputs), -1
        while len(roots) > before:
            before = len(roots)
            wanted, kept = set(roots), []
            for node in reversed(self._nodes):
                if node.op_type == ops.Encode.__name__ or not wanted.isdisjoint(node.outputs):
                    kept.append(node)
                    wanted.update(value for value in node.inputs if value is not None)
            roots.update(node.outputs[0] for node in writes if node.inputs[0] in wanted)
        return kept[::-1]

    def _append(
        self,
        name: str,
        op: Op,
        inputs: Sequence[ir.Value],
        constants: Mapping[str, Array],
        outputs: Sequence[TensorInfo],
        port: bool = False,
    ) -> tuple[TensorInfo, ...]:
        unique = _unique(name, self._node_names)
        self._node_names.add(unique)
        named = [
            TensorInfo(self._name_of(o.name, port), o.shape, o.dtype, o.scale, o.zero_point) for o in outputs
        ]
        self._operators[type(op).__name__] = type(op)
        node = ir.Node(
            DOMAIN,
            type(op).__name__,
            [*inputs, *(self._constant(f"{unique}.{key}", constants[key]) for key in op.CONSTANTS)],
            op.attributes(),
            outputs=[self._register(info) for info in named],
            name=unique,
        )
        node.meta[READ_FROM] = self.reading
        self._nodes.append(node)
        return tuple(named)

    def _name_of(self, wanted: str, port: bool) -> str:
        """A name that no tensor has yet, nor, unless the tensor is a `port`, an input or output of the model."""
        return _unique(wanted if port or wanted not in self._ports else f"{wanted}{ON_DEVICE}", self._values)

    def _register(self, info: TensorInfo) -> ir.Value:
        info.check_size()
        if info.name in self._values:
            raise ModelError(f"tensor name {info.name!r} is used twice")
        self._values[info.name] = value = to_value(info)
        return value

    def _constant(self, name: str, array: Array) -> ir.Value:
        tensor = ir.Tensor(array, name=self._name_of(name, port=False))
        value = ir.Value(
            name=tensor.name, shape=tensor.shape, type=ir.TensorType(tensor.dtype), const_value=tensor
        )
        self._values[value.name or ""] = value
        self._initializers.append(value)
        return value


def shapes_of(
    name: str, op: Op, inputs: Sequence[TensorInfo], constants: Mapping[str, Array]
) -> tuple[Shape, ...]:
    """`op.shapes`, its error naming the node; refuses float32 for operators of integers."""
    if not op.FLOAT and any(x.dtype == "float32" for x in inputs):
        raise ModelError(
            f"node {name!r} ({op.KIND}) is in a float section and has no float routine: quantise what it reads, in the "
            "file with a pair of QuantizeLinear and DequantizeLinear, or with full int8 conversion (TFLite)"
        )
    try:
        return op.shapes(inputs, constants)
    except ModelError as error:
        raise ModelError(f"node {name!r}: {error}") from None


def _unique(name: str, taken: Mapping[str, object] | set[str]) -> str:
    candidate, count = name, 1
    while candidate in taken:
        candidate, count = f"{name}_{count}", count + 1
    return candidate
