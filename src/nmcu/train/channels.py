"""Which channels of a network may change places: layers whose channels must agree, found in the traced model."""

import operator
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import TensorMetadata
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from nmcu.errors import NmcuError
from nmcu.train import given
from nmcu.train.folding import module_of
from nmcu.train.trace import propagate

_EACH = {
    *(
        nn.ReLU,
        nn.ReLU6,
        nn.Hardtanh,
        nn.GELU,
        nn.SiLU,
        nn.Sigmoid,
        nn.Tanh,
        nn.Hardswish,
        nn.Hardsigmoid,
        nn.LeakyReLU,
    ),
    *(nn.ELU, nn.Identity, nn.Dropout),
    *(
        torch.relu,
        torch.sigmoid,
        torch.tanh,
        functional.relu,
        functional.relu6,
        functional.gelu,
        functional.silu,
    ),
    *(functional.hardswish, functional.hardsigmoid, functional.leaky_relu, functional.dropout),
    *("relu", "sigmoid", "tanh", "contiguous"),
}
"""Each value becomes another one, the same function for all channels."""

_MAPS = {
    *(nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d),
    *(nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.Dropout2d, nn.Upsample),
    *(functional.max_pool2d, functional.avg_pool2d, functional.adaptive_avg_pool2d),
}
"""Maps with channels on axis 1 become other maps, each channel by itself."""

_PAIRS = {
    operator.add,
    operator.sub,
    operator.mul,
    operator.iadd,
    torch.add,
    torch.sub,
    torch.mul,
    "add",
    "sub",
    "mul",
}
"""Two values with the same channels become one."""


@dataclass
class Channels:
    """Channels that must keep one order: `makers` write them, `takers` read them, `scales` have a value for each.

    All three are names of modules. Channels are axis 0 of a maker's weight and bias and of a scale's, axis 1 of a
    taker's weight.
    """

    count: int
    makers: list[str] = field(default_factory=list)
    takers: list[str] = field(default_factory=list)
    scales: list[str] = field(default_factory=list)


def free(model: nn.Module, sample: Tensor) -> list[Channels]:
    """The sets of channels of `model` that may change places without a change of what it computes.

    `sample` is one batch of inputs. Inputs and outputs of the model keep their order, and so does what goes through an
    operation that is not known to treat channels alike (reshapes, slices, concatenations, grouped convolutions, layers
    that are used twice). Raises `NmcuError` where the model cannot be traced or run.
    """
    try:
        graph = fx.symbolic_trace(given.copied(model).eval())
    except Exception as error:  # runs the user's forward(), which may raise anything, and nothing of ours
        raise NmcuError(
            f"{type(model).__name__} cannot be traced by torch.fx ({given.first_line(error)}), so its channels stay as "
            "they are: leave permute out, or write control flow out of forward()"
        ) from error
    propagate(graph, sample)
    return _Walk(graph).free()


@dataclass(frozen=True)
class _Value:
    """A value's channels: their set and the axis they lie on."""

    owner: int
    axis: int


class _Walk:
    """Goes through a graph once; sets of channels are merged where an operation needs them in one order."""

    def __init__(self, graph: fx.GraphModule) -> None:
        self._graph = graph
        self._parents: list[int] = []
        self._sets: list[Channels] = []
        self._fixed: set[int] = set()
        self._values: dict[fx.Node, _Value | None] = {}
        calls = [str(node.target) for node in graph.graph.nodes if node.op == "call_module"]
        self._shared = {name for name in calls if calls.count(name) > 1} | set(_tied(graph))
        for node in graph.graph.nodes:
            self._values[node] = self._visit(node)

    def free(self) -> list[Channels]:
        """The sets that nothing holds in place."""
        held = {self._root(number) for number in self._fixed}
        return [self._sets[n] for n in range(len(self._sets)) if self._root(n) == n and n not in held]

    def _visit(self, node: fx.Node) -> _Value | None:
        if node.op in ("placeholder", "get_attr"):
            return None
        if node.op == "output":
            return self._unknown(node)
        kind: Any = node.target if node.op != "call_module" else type(module_of(self._graph, node))
        sources = node.all_input_nodes
        if node.op == "call_module" and str(node.target) in self._shared:
            return self._unknown(node)
        if node.op == "call_module" and isinstance(
            module_of(self._graph, node), nn.Conv1d | nn.Conv2d | nn.Linear
        ):
            return self._layer(node)
        value = self._values[sources[0]] if sources else None
        if value is None:
            return self._unknown(node)
        if _is_kind(kind, _BatchNorm) or kind is nn.LayerNorm:
            return self._norm(node, value)
        if kind in _EACH or (kind in _MAPS and value.axis == 1):
            return value
        if kind in (nn.Flatten, torch.flatten, "flatten") and value.axis == 1 and _keeps_axis_1(node):
            return value
        if kind in _PAIRS:
            return value if len(sources) == 1 else self._pair(node, value, self._values[sources[1]])
        return self._unknown(node)

    def _layer(self, node: fx.Node) -> _Value | None:
        layer, name, source = (
            module_of(self._graph, node),
            str(node.target),
            self._values[node.all_input_nodes[0]],
        )
        assert isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Linear)
        rank = len(_shape(node))
        axis = rank - 1 if isinstance(layer, nn.Linear) else 1
        groups = 1 if isinstance(layer, nn.Linear) else layer.groups
        if groups > 1:
            if source is not None and groups == layer.weight.shape[0] and layer.weight.shape[1] == 1:
                self._set(source).scales.append(name)  # depthwise: a filter for each channel
                return source
            return self._unknown(node)
        if source is not None and source.axis == axis:
            self._set(source).takers.append(name)
        elif source is not None:
            self._fixed.add(source.owner)
        return self._new(layer.weight.shape[0], axis, makers=[name])

    def _norm(self, node: fx.Node, value: _Value) -> _Value | None:
        norm = module_of(self._graph, node)
        over_channels = value.axis == len(_shape(node)) - 1
        if isinstance(norm, nn.LayerNorm) and (len(norm.normalized_shape) != 1 or not over_channels):
            return self._unknown(node)
        if isinstance(norm, _BatchNorm) and value.axis != 1:
            return self._unknown(node)
        self._set(value).scales.append(str(node.target))
        return value

    def _pair(self, node: fx.Node, first: _Value, second: _Value | None) -> _Value | None:
        shapes = [_shape(source) for source in node.all_input_nodes]
        if second is None or first.axis != second.axis or len({(len(s), s[first.axis]) for s in shapes}) != 1:
            return self._unknown(node)
        a, b = self._root(first.owner), self._root(second.owner)
        if a != b:
            self._parents[b] = a
            for name in ("makers", "takers", "scales"):
                getattr(self._sets[a], name).extend(getattr(self._sets[b], name))
        return _Value(a, first.axis)

    def _unknown(self, node: fx.Node) -> _Value | None:
        """Holds the channels of everything that `node` reads in place; of its result nothing is known."""
        for source in node.all_input_nodes:
            value = self._values[source]
            if value is not None:
                self._fixed.add(value.owner)
        return None

    def _new(self, count: int, axis: int, makers: list[str]) -> _Value:
        self._sets.append(Channels(count, makers))
        self._parents.append(len(self._parents))
        return _Value(len(self._parents) - 1, axis)

    def _set(self, value: _Value) -> Channels:
        return self._sets[self._root(value.owner)]

    def _root(self, number: int) -> int:
        while self._parents[number] != number:
            number = self._parents[number]
        return number


def _keeps_axis_1(node: fx.Node) -> bool:
    """Whether batch and channels of the input are axes 0 and 1 of the result."""
    return _shape(node)[:2] == _shape(node.all_input_nodes[0])[:2]


def _is_kind(kind: object, of: type) -> bool:
    """`issubclass` for what may be no class."""
    return isinstance(kind, type) and issubclass(kind, of)


def _shape(node: fx.Node) -> tuple[int, ...]:
    meta = node.meta.get("tensor_meta")
    return tuple(meta.shape) if isinstance(meta, TensorMetadata) else ()


def _tied(graph: fx.GraphModule) -> Iterator[str]:
    """Modules that share a parameter with another one."""
    owners: dict[int, list[str]] = {}
    for name, module in graph.named_modules():
        for parameter in module.parameters(recurse=False):
            owners.setdefault(id(parameter), []).append(name)
    for names in owners.values():
        if len(names) > 1:
            yield from names
