"""Sums of a convolution's result and another tensor become part of the convolution, where that is faster."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from nmcu.graph import Layer, TensorInfo, ops

FORMS = frozenset({"narrow", "wide", "mixed"})
"""Of requantisation, behind which kernels add a residual."""
LEAST_CYCLES = 1000
"""What joining must gain: about what a sum of its own does where its maps stay in compute memory, which comes later."""


def joined(
    layers: Sequence[Layer],
    kept: Collection[TensorInfo],
    cycles: Callable[[Layer], int],
    cycles_joined: Callable[[Layer], int | None],
    alone: Collection[str] = (),
) -> tuple[Layer, ...]:
    """`layers` with each such convolution in the place of its sum, under its own name; what it computes stays the same
    to the bit, but for its result, which no tensor holds any more.

    `kept` are tensors that must stay, `alone` names of sums that must. `cycles` predicts a layer's time,
    `cycles_joined` that of one with a sum, None where there is no kernel for it.
    """
    readers = Counter(t.name for layer in layers for t in layer.inputs) + Counter(t.name for t in kept)
    made = {t.name: number for number, layer in enumerate(layers) for t in layer.outputs}
    found = dict(enumerate(layers))
    for number, layer in enumerate(layers):
        for source, together in _ways(layer, layers, made) if layer.name not in alone else ():
            conv = found.get(source)
            if conv is None or readers[conv.outputs[0].name] > 1:
                continue
            time = cycles_joined(together)
            if time is not None and time + LEAST_CYCLES < cycles(conv) + cycles(layer):
                found[number] = together
                del found[source]
                break
    return tuple(found.values())


def _ways(layer: Layer, layers: Sequence[Layer], made: Mapping[str, int]) -> Iterator[tuple[int, Layer]]:
    """(number of a convolution, it with the sum `layer`) for each operand that may come from it, the last one first."""
    if not isinstance(layer.op, ops.Add) or any(t.shape != layer.outputs[0].shape for t in layer.inputs):
        return
    a, b = layer.inputs
    operands = [(made[t.name], t is a) for t in (a, b) if t.name in made and a.name != b.name]
    for number, first in sorted(operands, reverse=True):
        conv = layers[number]
        if type(conv.op) is ops.Conv2d and conv.op.form in FORMS and (conv.op.lo, conv.op.hi) == (-128, 127):
            yield (
                number,
                replace(
                    conv,
                    op=ops.ConvAdd.joined(conv.op, layer.op, first),
                    inputs=(conv.inputs[0], b if first else a),
                    outputs=layer.outputs,
                ),
            )
