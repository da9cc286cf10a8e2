"""Tidies PyTorch's ONNX export of a quantised model into the QDQ form that ONNX Runtime writes, with legible names.

The rules, in the order they run:

1. A constant that is quantised becomes int8 data; a Transpose of it is done here.
2. A Relu or Clip whose bounds the following QuantizeLinear enforces anyway is dropped.
3. The bias of Conv and Gemm becomes int32 at scale `s_x * s_w[c]` (`ConvTranspose` keeps a float one); where it would
   not fit, beside weights that are (nearly) zero, their scale is raised.
4. ReduceMean over height and width with kept dimensions is a GlobalAveragePool.
5. Nodes and values take the names of the PyTorch modules; exporter metadata goes.
"""

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from nmcu.errors import NmcuError

MOST_BIAS = 2**30
"""Steps of the largest bias: the other half of int32 is for the products (up to 66,000 of them)."""
_SCOPES = "pkg.torch.onnx.name_scopes"


def tidy(model: ir.Model, name_of: Callable[[str], str]) -> None:
    """Apply the rules to `model` in place; `name_of` maps a quantiser's module name to the name of its value."""
    graph = model.graph
    for node in list(graph):
        if node.op_type == "QuantizeLinear":
            _fold_constant(graph, node)
    for node in list(graph):
        if node.op_type == "Transpose":
            _fold_transpose(graph, node)
    for node in list(graph):
        if node.op_type in ("Relu", "Clip"):
            _drop_clamp(graph, node)
    for node in list(graph):
        if node.op_type in ("Conv", "Gemm"):
            _quantize_bias(graph, node)
        elif node.op_type == "ReduceMean":
            _name_global_pool(graph, node)
    _drop_unused(graph)
    _rename(graph, name_of)
    _strip(model)


def _fold_constant(graph: ir.Graph, quantize: ir.Node) -> None:
    source, scale, zero = (_input(quantize, i) for i in range(3))
    if source.const_value is None:
        return
    axis = quantize.attributes.get_int("axis", 1)
    steps = source.const_value.numpy() / _along(_array(scale), axis, len(source.shape or ()))
    data = np.clip(np.rint(steps) + _along(_array(zero), axis, steps.ndim), -128, 127).astype(np.int8)
    base = (source.name or "").replace("parametrizations.", "").removesuffix(".original")
    _replace(graph, quantize, _constant(graph, data, f"{base}.quantized"))


def _fold_transpose(graph: ir.Graph, transpose: ir.Node) -> None:
    dequantize = _input(transpose, 0).producer()
    if dequantize is None or dequantize.op_type != "DequantizeLinear":
        return
    constant = _input(dequantize, 0)
    if constant.const_value is None:
        return
    perm = transpose.attributes.get_ints("perm")
    axis = dequantize.attributes.get_int("axis", 1)
    name = f"{(constant.name or '').removesuffix('.quantized')}.transposed.quantized"
    data = _constant(graph, constant.const_value.numpy().transpose(perm), name)
    moved = ir.node(
        "DequantizeLinear",
        [data, *dequantize.inputs[1:]],
        {"axis": list(perm).index(axis)},
        outputs=[ir.Value(type=transpose.outputs[0].type, shape=transpose.outputs[0].shape)],
    )
    moved.metadata_props.update(dequantize.metadata_props)
    graph.insert_before(transpose, moved)
    _replace(graph, transpose, moved.outputs[0])


def _drop_clamp(graph: ir.Graph, clamp: ir.Node) -> None:
    users = list(clamp.outputs[0].consumers())
    if clamp.outputs[0].is_graph_output() or len(users) != 1 or users[0].op_type != "QuantizeLinear":
        return
    scale, zero = (float(_array(_input(users[0], i))) for i in (1, 2))
    low, high = 0.0, np.inf
    if clamp.op_type == "Clip":
        low, high = -np.inf, np.inf
        for index, bound in enumerate(clamp.inputs[1:]):
            if bound is not None and index == 0:
                low = float(_array(bound))
            elif bound is not None:
                high = float(_array(bound))
    if (-128 - zero) * scale >= low - scale / 2 and (127 - zero) * scale <= high + scale / 2:
        _replace(graph, clamp, _input(clamp, 0))


def _quantize_bias(graph: ir.Graph, node: ir.Node) -> None:
    if len(node.inputs) < 3 or node.inputs[2] is None or node.inputs[2].const_value is None:
        return
    bias = node.inputs[2]
    x, weight = (_input(node, i).producer() for i in (0, 1))
    for what, source in (("input", x), ("weight", weight)):
        if source is None or source.op_type != "DequantizeLinear":
            made = "a constant" if source is None else f"what {source.op_type} gives"
            padding = ": supported is padding_mode='zeros'" if source and source.op_type == "Pad" else ""
            raise NmcuError(
                f"layer {_scope(node)!r} ({node.op_type}): its {what} is {made}, not quantised{padding}"
            )
    assert x is not None and weight is not None
    _make_room(graph, node, _array(_input(x, 1)), _array(bias))
    weight = _input(node, 1).producer()
    assert weight is not None
    scale = (_array(_input(x, 1)) * _array(_input(weight, 1))).astype(np.float32).reshape(-1)
    steps = np.rint(_array(bias).astype(np.float64) / scale)
    name = bias.name or ""
    scale_value = _constant(graph, scale, f"{name}.scale")
    zero_value = _constant(graph, np.zeros(scale.shape, np.int32), f"{name}.zero_point")
    dequantize = ir.node(
        "DequantizeLinear",
        [_constant(graph, steps.astype(np.int32), f"{name}.quantized"), scale_value, zero_value],
        {"axis": 0},
        outputs=[ir.Value(type=bias.type, shape=bias.shape)],
    )
    graph.insert_before(node, dequantize)
    node.replace_input_with(2, dequantize.outputs[0])


def _make_room(graph: ir.Graph, node: ir.Node, x_scale: NDArray[Any], bias: NDArray[Any]) -> None:
    """Raise the weight scales of channels whose `bias` would not fit int32: of zeros, or as good as zeros beside it."""
    weight = _input(node, 1).producer()
    assert weight is not None
    data, scale = _input(weight, 0), _array(_input(weight, 1))
    least = np.abs(bias.astype(np.float64)) / (float(x_scale) * MOST_BIAS)
    if (least <= scale).all():
        return
    raised = np.maximum(scale, least).astype(np.float32)
    axis, rank = weight.attributes.get_int("axis", 1), _array(data).ndim
    steps = np.rint(_array(data) * _along(scale / raised, axis, rank)).astype(np.int8)
    base = (data.name or "").removesuffix(".quantized")
    values = [
        _constant(graph, steps, f"{base}.raised.quantized"),
        _constant(graph, raised, f"{base}.raised.scale"),
    ]
    dequantize = ir.node(
        "DequantizeLinear",
        [*values, *weight.inputs[2:]],
        {"axis": axis},
        outputs=[ir.Value(type=weight.outputs[0].type, shape=weight.outputs[0].shape)],
    )
    graph.insert_before(node, dequantize)
    node.replace_input_with(1, dequantize.outputs[0])


def _name_global_pool(graph: ir.Graph, node: ir.Node) -> None:
    shape = _input(node, 0).shape
    axes = {int(a) % len(shape or (0,)) for a in _array(_input(node, 1))} if len(node.inputs) > 1 else set()
    if shape is None or len(shape) != 4 or axes != {2, 3} or not node.attributes.get_int("keepdims", 1):
        return
    value = ir.Value(type=node.outputs[0].type, shape=node.outputs[0].shape)
    pool = ir.node("GlobalAveragePool", [node.inputs[0]], outputs=[value])
    graph.insert_before(node, pool)
    _replace(graph, node, value)


def _rename(graph: ir.Graph, name_of: Callable[[str], str]) -> None:
    """Each node is named after the quantised value it contributes to, and its output after the node."""
    taken: set[str] = set()

    def unique(name: str) -> str:
        fresh, count = name, 1
        while fresh in taken:
            count += 1
            fresh = f"{name}_{count}"
        taken.add(fresh)
        return fresh

    names: dict[int, str] = {}
    for quantize in (n for n in graph if n.op_type == "QuantizeLinear"):
        name = name_of(_scope(quantize))
        producer = _input(quantize, 0).producer()
        if producer is not None:
            if name in taken:  # it moves values: its own module's name, if it is one
                name = _scope(producer) or f"{name}.{producer.op_type.lower()}"
            name = unique(name)
            names[id(producer)] = name
        names[id(quantize)] = unique(f"{name}.quantize")
    for node in graph:
        if node.op_type == "DequantizeLinear":
            source = _input(node, 0).producer()
            base = names[id(source)] if source is not None else _input(node, 0).name or ""
            names[id(node)] = unique(
                f"{base.removesuffix('.quantize').removesuffix('.quantized')}.dequantize"
            )
    ends = dict(names)
    for node in reversed(graph):
        if id(node) not in names:
            near = next(iter(node.outputs[0].consumers()), node)
            while (
                id(near) not in ends
            ):  # behind the last quantised value: an Identity, where one value is two outputs
                source = _input(near, 0).producer()
                assert source is not None
                near = source
            ends[id(node)] = ends[id(near)]
            names[id(node)] = unique(f"{ends[id(node)]}.{node.op_type.lower()}")

    outputs = {id(v) for v in graph.outputs}
    for node in graph:
        node.name = names[id(node)]
        if id(node.outputs[0]) not in outputs:
            node.outputs[0].name = node.name
    for value in list(graph.initializers.values()):
        value.name = unique(_constant_name(value.name or "", name_of))


def _constant_name(name: str, name_of: Callable[[str], str]) -> str:
    """`stem.conv.weight.scale` from the name of a parametrised weight's scale; likewise for a quantiser's."""
    base, _, last = name.rpartition(".")
    if last == "scale" and ".parametrizations." in base:
        return f"{base.replace('.parametrizations', '').rpartition('.')[0]}.scale"
    return f"{name_of(base)}.{last}" if last == "scale" else name


def _strip(model: ir.Model) -> None:
    """Drop what the exporter noted: metadata, doc strings, shapes of inner values."""
    graph = model.graph
    model.metadata_props.clear()
    graph.metadata_props.clear()
    graph.name = "main"
    ends = {id(v) for v in (*graph.inputs, *graph.outputs)}
    for node in graph:
        node.metadata_props.clear()
        node.doc_string = None
    for value in (
        *graph.inputs,
        *graph.outputs,
        *graph.initializers.values(),
        *(n.outputs[0] for n in graph),
    ):
        value.metadata_props.clear()
        value.doc_string = None
        if id(value) not in ends and value.const_value is None:
            value.shape, value.type = None, None


def _drop_unused(graph: ir.Graph) -> None:
    for node in reversed(graph):
        if not any(v.uses() or v.is_graph_output() for v in node.outputs):
            graph.remove(node, safe=True)
    for name, value in list(graph.initializers.items()):
        if not value.uses():
            graph.initializers.pop(name)


def _scope(node: ir.Node) -> str:
    """The innermost module that the exporter recorded for `node`."""
    scopes = ast.literal_eval(node.metadata_props.get(_SCOPES, "['']"))
    return str(scopes[-2] if len(scopes) > 1 else scopes[-1])


def _input(node: ir.Node, index: int) -> ir.Value:
    value = node.inputs[index]
    assert value is not None, f"{node.op_type} {node.name} has no input {index}"
    return value


def _array(value: ir.Value) -> NDArray[Any]:
    assert value.const_value is not None, f"{value.name} is not a constant"
    return value.const_value.numpy()


def _along(parameter: NDArray[Any], axis: int, rank: int) -> NDArray[Any]:
    """A per-channel `parameter` shaped to broadcast along `axis` of a tensor of `rank` dimensions."""
    return (
        parameter if parameter.ndim == 0 else parameter.reshape([-1 if i == axis else 1 for i in range(rank)])
    )


def _constant(graph: ir.Graph, data: NDArray[Any], name: str) -> ir.Value:
    """The initializer `name` with `data`; the same one again where a tied weight is used twice, a numbered one where a
    layer is used twice on inputs of different scales."""
    first, count = name, 1
    while (known := graph.initializers.get(name)) is not None:
        if known.const_value is not None and np.array_equal(known.const_value.numpy(), data):
            return known
        count += 1
        name = f"{first}_{count}"
    tensor = ir.tensor(np.ascontiguousarray(data), name=name)
    value = ir.Value(
        name=name, shape=ir.Shape(data.shape), type=ir.TensorType(tensor.dtype), const_value=tensor
    )
    graph.register_initializer(value)
    return value


def _replace(graph: ir.Graph, node: ir.Node, value: ir.Value) -> None:
    ir.convenience.replace_all_uses_with(node.outputs[0], value)
    graph.remove(node, safe=True)
