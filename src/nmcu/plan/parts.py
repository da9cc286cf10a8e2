"""The parts that a layer runs in: itself, ranges of its output channels, whose constants are small enough to stream, or
ranges of its rows."""

import dataclasses
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels import Candidate, Kernel, Machine, Packed
from nmcu.kernels.kernel import align
from nmcu.plan.choose import ByRows
from nmcu.plan.near import NearLayer
from nmcu.plan.packing import Packing
from nmcu.plan.plan import Buffer, Move, Part
from nmcu.plan.stripes import Brought, Stripe

PER_CHANNEL = ("weight", "bias", "multiplier", "shift")
STEP = 8
"""Parts start at multiples of this many output channels."""
SPLIT = (ops.Conv2d, ops.Linear)
_Once = dict[tuple[str, int, bytes], Packed]


def split(layer: Layer, constant_bytes: int, most_bytes: int) -> tuple[tuple[int, Layer], ...]:
    """(first output channel, layer restricted to its channels) of about equal parts of at most `most_bytes`."""
    channels = layer.outputs[0].shape[-1]
    count = -(-constant_bytes // most_bytes)
    if count <= 1 or not isinstance(layer.op, SPLIT) or getattr(layer.op, "groups", 1) > 1:
        return ((0, layer),)
    size = max(STEP, -(-channels // count) // STEP * STEP)
    return tuple(
        (first, _channels(layer, first, min(first + size, channels))) for first in range(0, channels, size)
    )


def _channels(layer: Layer, first: int, end: int) -> Layer:
    output = layer.outputs[0]
    constants = {
        name: array[first:end] if name in PER_CHANNEL else array for name, array in layer.constants.items()
    }
    narrowed = dataclasses.replace(output, shape=(*output.shape[:-1], end - first))
    return dataclasses.replace(layer, outputs=(narrowed,), constants=MappingProxyType(constants), whole=layer)


def channel_parts(
    layer: Layer,
    kernel: Kernel,
    candidate: Candidate,
    machine: Machine,
    most_bytes: int | None,
    packing: Packing,
) -> tuple[Part, ...]:
    """The layer as one part, or as several where its constants stream and are more than `most_bytes`. Equal constants
    are one."""
    packed = packing.of(layer, kernel)
    whole = _part(layer, candidate, packed)
    if most_bytes is None:
        return (whole,)
    parts = split(layer, whole.constant_bytes, most_bytes)
    if len(parts) == 1:
        return (whole,)
    once: _Once = {}
    found = []
    for first, part in parts:
        best = kernel.predicted(part, machine)[0]
        made = _part(part, best, _shared(packing.of(part, kernel), once))
        offset = first * np.dtype(part.outputs[0].dtype).itemsize
        # a residual is a range of channels, too
        inputs = (0, *(offset for _ in part.inputs[1:]))
        found.append(
            dataclasses.replace(made, first_channel=first, input_offsets=inputs, output_offset=offset)
        )
    return tuple(found)


def near_part(part: Part, layer: NearLayer) -> Part:
    """A whole layer that runs as `layer` says."""
    candidate = layer.candidate
    return dataclasses.replace(
        part,
        parameters=MappingProxyType(dict(candidate.parameters)),
        l1=layer.l1,
        cycles=candidate.cycles,
        compute_cycles=candidate.compute_cycles,
        dma_cycles=candidate.dma_cycles,
        near=layer.near,
        ahead=layer.ahead,
    )


def row_parts(
    stripes: Sequence[Stripe],
    kernel: Kernel,
    candidate: ByRows,
    packing: Packing,
    away: Mapping[str, Buffer],
) -> tuple[Part, ...]:
    """The stripes of a layer as parts. Equal constants are one. `away` places tensors in bulk memory."""
    once: _Once = {}
    found = []
    for stripe, tiling in zip(stripes, candidate.stripes, strict=True):
        packed = _shared(packing.of(stripe.layer, kernel), once)
        found.append(
            dataclasses.replace(
                _part(stripe.layer, tiling, packed),
                first_row=stripe.rows[0],
                input_offsets=stripe.input_offsets,
                output_offset=stripe.output_offset,
                loads=_moves(stripe.loads, away),
                stores=_moves(stripe.stores, away),
            )
        )
    return tuple(found)


def _shared(packed: Mapping[str, Packed], once: _Once) -> Mapping[str, Packed]:
    """`packed` with what is in `once` already in the place of what equals it."""
    return {name: once.setdefault((name, p.alignment, p.data), p) for name, p in packed.items()}


def _moves(brought: Sequence[Brought], away: Mapping[str, Buffer]) -> tuple[Move, ...]:
    return tuple(Move(b.here, Buffer(away[b.tensor].offset + b.offset, b.bytes)) for b in brought)


def _part(layer: Layer, candidate: Candidate, packed: Mapping[str, Packed]) -> Part:
    """A whole layer as a part whose constants are not placed yet."""
    offset, l1 = 0, {}
    for name, size in candidate.l1.items():
        l1[name] = Buffer(offset, size)
        offset += align(size)
    return Part(
        layer=layer,
        first_channel=0,
        first_row=0,
        input_offsets=(0,) * len(layer.inputs),
        output_offset=0,
        parameters=MappingProxyType(dict(candidate.parameters)),
        l1=MappingProxyType(l1),
        packed=MappingProxyType(dict(packed)),
        constants=MappingProxyType({}),
        streamed=MappingProxyType({}),
        cycles=candidate.cycles,
        compute_cycles=candidate.compute_cycles,
        dma_cycles=candidate.dma_cycles,
    )
