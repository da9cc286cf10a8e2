"""What is done with each result of a layer becomes part of it, where that is faster: a convolution's sum with another
tensor, a table of a convolution's or a linear layer's results."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from nmcu.graph import Layer, TensorInfo, ops

FORMS = frozenset({"narrow", "wide", "mixed"})
"""Of requantisation, behind which kernels do more."""
LEAST_CYCLES = 1000
"""What joining must gain: about what a sum of its own does where its maps stay in compute memory, which comes later."""


def joined(
    layers: Sequence[Layer],
    kept: Collection[TensorInfo],
    cycles: Callable[[Layer], int],
    cycles_joined: Callable[[Layer], int | None],
    alone: Collection[str] = (),
) -> tuple[Layer, ...]:
    """`layers` with each such layer in the place of its sum or table, under its own name; what it computes stays the
    same to the bit, but for its result, which no tensor holds any more.

    `kept` are tensors that must stay, `alone` names of sums and tables that must. `cycles` predicts a layer's time,
    `cycles_joined` that of one with either, None where there is no kernel for it.
    """
    readers = Counter(t.name for layer in layers for t in layer.inputs) + Counter(t.name for t in kept)
    made = {t.name: number for number, layer in enumerate(layers) for t in layer.outputs}
    found = dict(enumerate(layers))
    for number, layer in enumerate(layers):
        for source, together in _ways(layer, layers, made) if layer.name not in alone else ():
            before = found.get(source)
            if before is None or readers[before.outputs[0].name] > 1:
                continue
            time = cycles_joined(together)
            if time is not None and time + LEAST_CYCLES < cycles(before) + cycles(layer):
                found[number] = together
                del found[source]
                break
    return tuple(found.values())


def _ways(layer: Layer, layers: Sequence[Layer], made: Mapping[str, int]) -> Iterator[tuple[int, Layer]]:
    """(number of a layer, it with `layer` behind it) for each operand that may come from it, the last one first."""
    if isinstance(layer.op, ops.Table):
        yield from _tables(layer, layer.op, layers, made)
    elif isinstance(layer.op, ops.Add) and all(t.shape == layer.outputs[0].shape for t in layer.inputs):
        yield from _sums(layer, layer.op, layers, made)


def _tables(
    layer: Layer, table: ops.Table, layers: Sequence[Layer], made: Mapping[str, int]
) -> Iterator[tuple[int, Layer]]:
    number, values = made.get(layer.inputs[0].name), layer.constants["table"]
    if number is None or values.ndim > 1:
        return
    before = layers[number]
    if (type(before.op) is ops.Conv2d or type(before.op) is ops.Linear) and before.op.form in FORMS:
        op, values = ops.looked_up(before.op, table, values)
        constants = MappingProxyType({**before.constants, "table": values})
        yield number, replace(before, op=op, outputs=layer.outputs, constants=constants)


def _sums(
    layer: Layer, add: ops.Add, layers: Sequence[Layer], made: Mapping[str, int]
) -> Iterator[tuple[int, Layer]]:
    a, b = layer.inputs
    operands = [(made[t.name], t is a) for t in (a, b) if t.name in made and a.name != b.name]
    for number, first in sorted(operands, reverse=True):
        conv = layers[number]
        if type(conv.op) is ops.Conv2d and conv.op.form in FORMS and (conv.op.lo, conv.op.hi) == (-128, 127):
            yield (
                number,
                replace(
                    conv,
                    op=ops.ConvAdd.joined(conv.op, add, first),
                    inputs=(conv.inputs[0], b if first else a),
                    outputs=layer.outputs,
                ),
            )
