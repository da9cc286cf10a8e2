"""Magnitude pruning of an integer graph, without training."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import affine, ops
from nmcu.graph.border import Border
from nmcu.graph.builder import Builder
from nmcu.graph.graph import Graph
from nmcu.graph.layer import Layer
from nmcu.graph.op import Array, Op
from nmcu.graph.tensor import TensorInfo
from nmcu.sparsity import NMPattern, mask

Globs = str | Iterable[str]
"""One glob or several, of names of layers."""
Rewritten = tuple[Op, Mapping[str, Array]]


@dataclass(frozen=True)
class Choice:
    """Whether a layer with weights is pruned: `reason` says why not, None where it is."""

    layer: Layer
    reason: str | None


def choose(
    graph: Graph, pattern: NMPattern, wanted: Globs | None = None, skip: Globs = ()
) -> tuple[Choice, ...]:
    """Which layers of `graph` pruning to `pattern` takes, in execution order.

    `wanted` are globs of layer names; without it all but the first convolution and the last layer with weights. `skip`
    are globs of names to leave out. Depthwise and grouped convolutions have no blocks of channels to prune, and a
    layer with fewer input channels than a block would not count as N:M sparse.
    """
    wanted, skip = None if wanted is None else globs(wanted), globs(skip)
    weighted = [layer for layer in graph.layers if layer.weight_bytes]
    first = next((layer for layer in weighted if isinstance(layer.op, ops.Conv2d)), None)
    return tuple(
        Choice(layer, _reason(layer, pattern, wanted, skip, layer is first, layer is weighted[-1]))
        for layer in weighted
    )


def globs(names: Globs) -> tuple[str, ...]:
    """Each of the globs; none of an empty text."""
    return tuple(filter(None, (names,) if isinstance(names, str) else names))


def _reason(
    layer: Layer,
    pattern: NMPattern,
    wanted: Sequence[str] | None,
    skip: Sequence[str],
    first: bool,
    last: bool,
) -> str | None:
    if wanted is not None and not any(fnmatchcase(layer.name, glob) for glob in wanted):
        return "not among the layers to prune"
    if any(fnmatchcase(layer.name, glob) for glob in skip):
        return "to be skipped"
    if (reason := _unfit(layer)) is not None:
        return reason
    if wanted is None and first:
        return "the first convolution"
    if wanted is None and last:
        return "the last layer"
    return _narrow(layer, pattern)


def _unfit(layer: Layer) -> str | None:
    if layer.op.matrices(layer.inputs):
        return None
    if not isinstance(layer.op, ops.Conv2d | ops.Linear) or getattr(layer.op, "groups", 1) != 1:
        return "its channels do not mix"
    return None


def _narrow(layer: Layer, pattern: NMPattern) -> str | None:
    channels = max(weight.shape[-1] for weight in layer.weights)
    return f"{channels} input channels, blocks of {pattern.m}" if channels < pattern.m else None


def pruned(layer: Layer, pattern: NMPattern) -> Layer | None:
    """`layer` pruned to `pattern`; None where it has no weights or blocks that it could be pruned by."""
    if _unfit(layer) or _narrow(layer, pattern):
        return None
    op, constants = _masked(layer, pattern)
    return replace(layer, op=op, constants=constants)


def prune(graph: Graph, patterns: Mapping[str, NMPattern]) -> Graph:
    """`graph` with the layers named in `patterns` pruned by magnitude of their quantised weights.

    Scales stay; biases (which hold the input's zero point) and requantisation constants follow the weights.
    """

    def rewrite(layer: Layer) -> Rewritten:
        if layer.name not in patterns:
            return layer.op, layer.constants
        return _masked(layer, patterns[layer.name])

    return rewritten(graph, rewrite)


def _masked(layer: Layer, pattern: NMPattern) -> Rewritten:
    """`layer` with the weights that `pattern` leaves; of several matrices those that are as wide as a block."""
    matrices = layer.op.matrices(layer.inputs)
    if not matrices:
        weight = layer.constants["weight"]
        return with_weight(layer, weight * mask(weight, pattern))
    constants = dict(layer.constants)
    for name, (bias, zero_point) in matrices.items():
        weight = constants[name]
        if weight.size and weight.shape[1] >= pattern.m:
            constants[name] = weight * mask(weight, pattern)
            moved = zero_point * (_sums(weight) - _sums(constants[name]))
            constants[bias] = (constants[bias] + moved).astype(np.int32)
    return layer.op, constants


def with_weight(
    layer: Layer,
    weight: NDArray[np.int8],
    scale: NDArray[np.float64] | float = 1.0,
    more_bias: NDArray[np.float64] | float = 0.0,
) -> Rewritten:
    """Operator and constants of a convolution or linear `layer` with other weights of the same shape; `scale` (Cout,)
    times the layer's is theirs, `more_bias` (Cout,) is added to its bias, in steps of its accumulator."""
    op, x, (y,) = layer.op, layer.inputs[0], layer.outputs
    assert isinstance(op, ops.Conv2d | ops.Linear)
    before = np.array(op.weight_scale)
    scales = np.where(np.asarray(scale) == 1.0, before, np.float32(before * scale))  # as files hold new ones
    unfolded = affine.unfolded(layer.constants["bias"], layer.constants["weight"], op.input_zero_point)
    bias = unfolded + more_bias
    common: dict[str, Any] = {
        "name": layer.name,
        "x": x,
        "y": y,
        "weight": weight,
        "weight_scale": scales,
        "bias": np.rint(bias / scale).astype(np.int64),
    }
    if isinstance(op, ops.ConvAdd):
        return op.with_weights(**common)
    common |= {"lo": op.lo, "hi": op.hi}
    if isinstance(op, ops.Linear):
        return ops.Linear.build(**common)
    return ops.Conv2d.build(
        **common, strides=op.strides, pads=op.pads, dilations=op.dilations, groups=op.groups
    )


def _sums(weight: NDArray[np.int8]) -> NDArray[np.int64]:
    return np.asarray(weight.reshape(len(weight), -1).sum(axis=1, dtype=np.int64))


def rewritten(graph: Graph, rewrite: Callable[[Layer], Rewritten]) -> Graph:
    """A copy of `graph` in which every device layer has the operator and constants that `rewrite` gives."""
    builder, edge = Builder(graph.name or "model"), graph.border
    tensors = _inputs(builder, edge)
    tensors |= {state.name: builder.state(state.tensor, state.initial) for state in graph.states}
    for layer in graph.layers:
        op, constants = rewrite(layer)
        outputs = builder.add(
            layer.name, op, [tensors[t.name] for t in layer.inputs], layer.outputs, constants
        )
        tensors |= {old.name: new for old, new in zip(layer.outputs, outputs, strict=True)}
    for decoder in edge.decoders:
        assert isinstance(decoder.op, ops.Decode)
        model = decoder.outputs[0]
        builder.output(tensors[decoder.inputs[0].name], model, decoder.op.perm, decoder.op.shape)
    return builder.finish(dict(graph.metadata))


def _inputs(builder: Builder, edge: Border) -> dict[str, TensorInfo]:
    tensors = {}
    for encoder in edge.encoders:
        assert isinstance(encoder.op, ops.Encode)
        device = encoder.outputs[0]
        tensors[device.name] = builder.input(encoder.inputs[0], device, encoder.op.perm)
    return tensors
