"""Chains of layers that run by rows: each pass computes some rows of every layer, from those of the pass alone.

Of a tensor that only the chain uses, working memory holds the rows of one pass. Rows that two passes need are computed
in both. All other tensors that a chain touches are there whole, and each of their rows is computed once; or they lie
in bulk memory, and the rows of a pass are brought from there before it and back after it.
"""

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from nmcu.graph import Layer, TensorInfo
from nmcu.graph.rows import Rows, height

Pass = Mapping[int, Rows]
"""Rows of its output that each layer computes, by the layer's number in the chain."""


@dataclass(frozen=True)
class Room:
    """Working memory for the rows of a tensor in bulk memory: needed from layer number `first` to `last` of a chain."""

    name: str
    bytes: int
    first: int
    last: int


@dataclass(frozen=True)
class Brought:
    """`bytes` from `offset` on of a tensor in bulk memory, whose rows have the place of the tensor `here` in working
    memory."""

    tensor: str
    here: str
    offset: int
    bytes: int


@dataclass(frozen=True, eq=False)
class Stripe:
    """`rows` of the output of layer number `number` of a network: the `layer` that computes them and where its
    operands begin, in bytes from the start of the place of each tensor; what comes from bulk memory before it and goes
    there after it."""

    number: int
    rows: Rows
    layer: Layer
    input_offsets: tuple[int, ...]
    output_offset: int
    loads: tuple[Brought, ...] = ()
    stores: tuple[Brought, ...] = ()


@dataclass(frozen=True, eq=False)
class Chain:
    """Layers number `first` to `last`, and what they run in instead of one after the other.

    `held` gives the bytes of the tensors of which only the rows of a pass are there. `away` are tensors in bulk memory,
    with the place of their rows.
    """

    first: int
    last: int
    stripes: tuple[Stripe, ...]
    held: Mapping[str, int]
    away: Mapping[str, Room]

    @property
    def numbers(self) -> range:
        """The numbers of its layers."""
        return range(self.first, self.last + 1)

    def of(self, number: int) -> tuple[Stripe, ...]:
        """The stripes of a layer."""
        return tuple(stripe for stripe in self.stripes if stripe.number == number)


def row_bytes(tensor: TensorInfo) -> int:
    """Bytes of a row of a map."""
    return tensor.bytes // tensor.shape[1]


def passes(layers: Sequence[Layer], whole: Collection[str], size: int) -> tuple[Pass, ...] | None:
    """How `layers` run by rows, where the last one computes `size` rows of its output in a pass; None where one of
    them is not computed by rows.

    `whole` are the tensors that are there whole.
    """
    inside = {layer.outputs[0].name for layer in layers}
    used = {tensor.name for layer in layers for tensor in layer.inputs}
    most = height(layers[-1].outputs[0].shape)
    count = -(-most // size) if most else 0
    if count < 2 or any(len(layer.outputs) > 1 or not height(layer.outputs[0].shape) for layer in layers):
        return None
    done = dict.fromkeys(whole, 0)
    found = []
    for index in range(count):
        share = min((index + 1) * size, most) / most
        needed: dict[str, Rows] = {}
        rows: dict[int, Rows] = {}
        for number in reversed(range(len(layers))):
            layer, output = layers[number], layers[number].outputs[0]
            wanted = needed.get(output.name)
            if output.name in whole:
                last, start = index == count - 1, done[output.name]
                paced = height(output.shape) if last else int(height(output.shape) * share)
                end = paced if last or output.name not in used else wanted[1] if wanted else 0
                done[output.name] = max(start, end)
                wanted = (start, end) if end > start else None
            if wanted is None:
                continue
            rows[number] = wanted
            read = layer.op.rows_read(layer.inputs, layer.constants, wanted)
            if read is None:
                return None
            for tensor, range_ in zip(layer.inputs, read, strict=True):
                if tensor.name not in inside:
                    continue
                if range_ is None:
                    return None
                needed[tensor.name] = _hull(needed.get(tensor.name, range_), range_)
        found.append(MappingProxyType(rows))
    return tuple(found)


def held_bytes(layers: Sequence[Layer], whole: Collection[str], plan: Sequence[Pass]) -> dict[str, int]:
    """Bytes of the rows of each tensor that is not there whole, at most in a pass."""
    return {
        layer.outputs[0].name: row_bytes(layer.outputs[0])
        * max((rows[number][1] - rows[number][0] for rows in plan if number in rows), default=0)
        for number, layer in enumerate(layers)
        if layer.outputs[0].name not in whole
    }


def rows_away(layers: Sequence[Layer], away: Collection[str], rows: Pass) -> dict[str, Rows] | None:
    """The rows of each tensor in bulk memory that a pass reads or writes; None where it needs all rows of one."""
    found: dict[str, Rows] = {}
    for number, wanted in rows.items():
        layer = layers[number]
        read = layer.op.rows_read(layer.inputs, layer.constants, wanted)
        assert read is not None, "the pass is made of what layers read"
        for tensor, range_ in (*zip(layer.inputs, read, strict=True), (layer.outputs[0], wanted)):
            if tensor.name in away:
                if range_ is None:
                    return None
                found[tensor.name] = _hull(found.get(tensor.name, range_), range_)
    return found


def rooms(
    layers: Sequence[Layer], first: int, away: Collection[str], plan: Sequence[Pass]
) -> dict[str, Room] | None:
    """The working memory that rows of the tensors `away` need; None where all rows of one are needed at once."""
    sizes: dict[str, int] = {}
    for rows in plan:
        found = rows_away(layers, away, rows)
        if found is None:
            return None
        for name, (start, end) in found.items():
            sizes[name] = max(sizes.get(name, 0), end - start)
    made = {}
    for name, size in sizes.items():
        touching = {
            number: tensor
            for number, layer in enumerate(layers)
            for tensor in (*layer.inputs, *layer.outputs)
            if tensor.name == name
        }
        row = row_bytes(next(iter(touching.values())))
        steps = [first + number for number in touching]
        title = f"rows of {name} for layers {first} to {first + len(layers) - 1}"
        made[name] = Room(title, size * row, min(steps), max(steps))
    return made


def chain(
    layers: Sequence[Layer],
    first: int,
    whole: Collection[str],
    plan: Sequence[Pass],
    away: Collection[str] = (),
) -> Chain:
    """The chain of `layers`, the first of which is number `first` of the network, that runs in the passes `plan`."""
    places = rooms(layers, first, away, plan)
    assert places is not None
    stripes = tuple(stripe for rows in plan for stripe in _stripes(layers, first, whole, places, rows))
    held = MappingProxyType(held_bytes(layers, whole, plan))
    return Chain(first, first + len(layers) - 1, stripes, held, MappingProxyType(places))


def _stripes(
    layers: Sequence[Layer], first: int, whole: Collection[str], places: Mapping[str, Room], rows: Pass
) -> Iterator[Stripe]:
    begins = {
        layers[number].outputs[0].name: start
        for number, (start, _) in rows.items()
        if layers[number].outputs[0].name not in whole
    }
    brought = rows_away(layers, places, rows) or {}
    begins |= {name: start for name, (start, _) in brought.items()}
    written = {layer.outputs[0].name for layer in layers}
    for number, layer in enumerate(layers):
        if number not in rows:
            continue
        read = layer.op.rows_read(layer.inputs, layer.constants, rows[number])
        assert read is not None
        output = layer.outputs[0]
        moves = {
            tensor.name: Brought(
                tensor.name,
                places[tensor.name].name,
                brought[tensor.name][0] * row_bytes(tensor),
                (brought[tensor.name][1] - brought[tensor.name][0]) * row_bytes(tensor),
            )
            for tensor in (*layer.inputs, output)
            if tensor.name in brought
        }
        yield Stripe(
            number=first + number,
            rows=rows[number],
            layer=_renamed(_of_rows(layer, read, rows[number]), places),
            input_offsets=tuple(
                0 if range_ is None else (range_[0] - begins.get(tensor.name, 0)) * row_bytes(tensor)
                for tensor, range_ in zip(layer.inputs, read, strict=True)
            ),
            output_offset=(rows[number][0] - begins.get(output.name, 0)) * row_bytes(output),
            loads=tuple(moves[name] for name in moves if name not in written),
            stores=tuple(moves[name] for name in moves if name == output.name),
        )
        brought = {name: range_ for name, range_ in brought.items() if name not in moves}


def _renamed(layer: Layer, places: Mapping[str, Room]) -> Layer:
    """`layer` with the places of rows in the place of tensors in bulk memory."""

    def renamed(tensors: tuple[TensorInfo, ...]) -> tuple[TensorInfo, ...]:
        return tuple(
            dataclasses.replace(t, name=places[t.name].name) if t.name in places else t for t in tensors
        )

    return dataclasses.replace(layer, inputs=renamed(layer.inputs), outputs=renamed(layer.outputs))


def _of_rows(layer: Layer, read: Sequence[Rows | None], rows: Rows) -> Layer:
    """`layer` restricted to `rows` of its output."""
    return dataclasses.replace(
        layer,
        op=layer.op.of_rows(layer.inputs, layer.constants, rows),
        inputs=tuple(_narrowed(t, r) for t, r in zip(layer.inputs, read, strict=True)),
        outputs=(_narrowed(layer.outputs[0], rows),),
        constants=layer.op.constants_of_rows(layer.constants, rows),
        whole=layer,
    )


def _narrowed(tensor: TensorInfo, rows: Rows | None) -> TensorInfo:
    if rows is None:
        return tensor
    return dataclasses.replace(tensor, shape=(1, rows[1] - rows[0], *tensor.shape[2:]))


def _hull(a: Rows, b: Rows) -> Rows:
    return min(a[0], b[0]), max(a[1], b[1])
