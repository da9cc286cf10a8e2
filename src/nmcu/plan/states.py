"""States: their memory, which nothing else ever takes, and when layers write it."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from nmcu.graph import Layer, State, ops
from nmcu.kernels.kernel import align
from nmcu.plan.plan import Buffer, PlannedState
from nmcu.plan.shared import Shared


def place_states(states: Sequence[State], shared: Shared) -> tuple[PlannedState, ...]:
    """Places for `states` and what is joined to them, one after the other."""
    placed, offset = [], 0
    for state in states:
        before, size = shared.joined.get(state.name, (0, state.tensor.bytes))
        place = Buffer(offset + before, state.tensor.bytes)
        placed.append(PlannedState(state.tensor, place, Buffer(offset, size), state.initial.tobytes()))
        offset += align(size)
    return tuple(placed)


def ordered(layers: Sequence[Layer], roots: Mapping[str, str]) -> tuple[Layer, ...]:
    """`layers` with each `WriteState` as early as can be: behind its value's producer and all who read the old value,
    or what has its memory (`roots`).

    Where states take each other's old values in a ring, one of these is copied before.
    """
    writes = [layer for layer in layers if isinstance(layer.op, ops.WriteState)]
    others = [layer for layer in layers if not isinstance(layer.op, ops.WriteState)]
    free = dict.fromkeys((layer.inputs[0].name for layer in writes), -1)
    made: dict[str, int] = {}
    for step, layer in enumerate(others):
        made |= {t.name: step for t in layer.outputs}
        free |= {root: step for t in layer.inputs if (root := roots.get(t.name, t.name)) in free}
    after: dict[int, list[Layer]] = {}
    while writes:
        waiting = {
            roots.get(w.inputs[1].name, w.inputs[1].name) for w in writes if not _keeps_itself(w, roots)
        }
        write = next((w for w in writes if w.inputs[0].name not in waiting), None)
        if write is None:
            copy, writes[0] = _copied(writes[0])
            step = made.get(copy.inputs[0].name, -1)
            made[copy.outputs[0].name] = step
            after.setdefault(step, []).append(copy)
            continue
        writes.remove(write)
        state, value = (t.name for t in write.inputs)
        step = max(made.get(value, -1), free[state])
        source = roots.get(value, value)
        if source in free:
            free[source] = max(free[source], step)
        after.setdefault(step, []).append(write)
    found = [*after.get(-1, [])]
    for step, layer in enumerate(others):
        found += [layer, *after.get(step, [])]
    return tuple(found)


def _copied(write: Layer) -> tuple[Layer, Layer]:
    """A copy of the value of `write`, and the write of that."""
    state, value = write.inputs
    kept = dataclasses.replace(value, name=f"{write.name} copy")
    copy = Layer(kept.name, ops.Reshape(shape=value.shape), (value,), (kept,), MappingProxyType({}))
    return copy, dataclasses.replace(write, inputs=(state, kept))


def _keeps_itself(write: Layer, roots: Mapping[str, str]) -> bool:
    state, value = (t.name for t in write.inputs)
    return roots.get(value, value) == state


def keep_in_place(layers: Sequence[Layer], shared: Shared, taken: Iterable[str]) -> None:
    """Let results of `WriteState` be the state's memory, and values, which then need not be copied, lie there from the
    beginning, where nobody reads the old one once they are made. `taken` are tensors with memory of their own."""
    writes = [layer for layer in layers if isinstance(layer.op, ops.WriteState)]
    taken = {*taken, *(w.inputs[0].name for w in writes)}
    sizes = {t.name: t.bytes for layer in layers for t in layer.outputs}
    for write in writes:
        shared.roots[write.outputs[0].name] = write.inputs[0].name
    for write in writes:
        state, value = write.inputs
        root, offset = shared.place(value.name)
        whole = offset == 0 and sizes.get(root) == state.bytes
        if whole and root not in taken and _made_after_reads(layers, shared.roots, state.name, root):
            shared.move(root, (state.name, 0))


def _made_after_reads(layers: Sequence[Layer], aliases: Mapping[str, str], state: str, root: str) -> bool:
    """Whether the layer that makes `root` comes after all that read `state`, or with the last and reads it first."""
    reads, made = [], None
    for step, layer in enumerate(layers):
        inputs = [aliases.get(t.name, t.name) for t in layer.inputs]
        outputs = [aliases.get(t.name, t.name) for t in layer.outputs]
        if inputs[:1] == outputs[:1] and isinstance(layer.op, ops.Reshape | ops.Slice):
            continue
        if isinstance(layer.op, ops.WriteState):
            inputs = inputs[1:]
        reads += [step] * (state in inputs)
        if root in outputs and made is None:
            made = step
            own = layer
    if made is None:
        return False
    last = max(reads, default=-1)
    if last != made:
        return last < made
    source = own.op.IN_PLACE.get([aliases.get(t.name, t.name) for t in own.outputs].index(root))
    where = [i for i, t in enumerate(own.inputs) if aliases.get(t.name, t.name) == state]
    return where == [source]
