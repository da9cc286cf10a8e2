"""What lies where in a program's memories, and from which layer to which."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nmcu.codegen import Arena
from nmcu.plan import COPY, Buffer, Part, Plan
from nmcu.toolchain import Image, section_places

ACTIVATION, BUFFER, CODE, CONSTANT, PORT, RING, STACK, STATE, WEIGHT = (
    "activations",
    "tile buffers",
    "code",
    "constants",
    "inputs and outputs",
    "streamed weights",
    "stacks",
    "states",
    "weights",
)

_SECTIONS = {".text": CODE, ".rodata": CONSTANT, ".weights": CONSTANT, ".data": CONSTANT, ".l3": CONSTANT}
ALL_WEIGHTS = "weights of all layers"
_SECTION_NAMES = {
    ".text": "code",
    ".rodata": "descriptors",
    ".weights": ALL_WEIGHTS,
    ".data": "variables",
    ".l3": "weights that stream",
}


@dataclass(frozen=True)
class Block:
    """`bytes` at `address` in `memory` that hold `name` from the start of layer number `first` to before `end`.

    Layers count from 0; a layer that runs in parts takes fractions.
    """

    memory: str
    kind: str
    name: str
    address: int
    bytes: int
    first: float
    end: float


def blocks(plan: Plan, image: Image) -> tuple[Block, ...]:
    """Everything the program has a place for, by memory; what lies over other blocks comes after them."""
    found = [
        Block(name, kind, text, address, size, first, end)
        for kind, text, address, size, first, end in _places(plan, image)
        if size and (name := _memory(plan, address))
    ]
    order = [level.name for level in plan.target.memory.levels]
    return tuple(sorted(found, key=lambda block: order.index(block.memory)))


def _memory(plan: Plan, address: int) -> str:
    levels = plan.target.memory.levels
    return next((level.name for level in levels if level.base <= address < level.end), "")


_Place = tuple[str, str, int, int, float, float]


def _places(plan: Plan, image: Image) -> Iterator[_Place]:
    """Blocks without their memory."""
    layers = len(plan.layers)
    sections = section_places(image.elf)
    for section, kind in _SECTIONS.items():
        address, size = sections.get(section, (0, 0))
        yield kind, _SECTION_NAMES[section], address, size, 0, layers
    steps = _steps(plan)
    weights = sections.get(".weights", (0, 0))[0]
    for name, part, first, end in steps:
        for buffer in part.constants.values() if weights else ():
            yield WEIGHT, name, weights + buffer.offset, buffer.bytes, first, end
    for port in (*image.inputs, *image.outputs):
        if port.symbol in image.symbols:
            yield PORT, port.name, image.symbols[port.symbol], port.bytes, 0, layers
    at = _addresses(plan, image)
    if "state" in at:
        for state in plan.states:
            name, place = state.tensor.name, state.block
            yield STATE, name, at["state"] + place.offset, place.bytes, 0, layers
    if "l2" in at:
        for name, (first_layer, last_layer) in _lifetimes(plan, plan.tensors).items():
            buffer = plan.tensors[name]
            yield ACTIVATION, name, at["l2"] + buffer.offset, buffer.bytes, first_layer, last_layer + 1
    if "l1" in at:
        for name, (first_layer, last_layer) in _lifetimes(plan, plan.near).items():
            place = plan.near[name]
            yield ACTIVATION, name, at["l1"] + place.offset, place.bytes, first_layer, last_layer + 1
    for chunk in plan.chunks:
        name, _, _, end = steps[chunk.needed]
        for where, place in (("stream", chunk.source), ("ring", chunk.place)):
            if where in at:
                yield RING, name, at[where] + place.offset, place.bytes, steps[chunk.started][2], end
    if "l3" in at:
        for spill in plan.spills:
            place, until = spill.place, spill.loaded
            yield ACTIVATION, spill.tensor, at["l3"] + place.offset, place.bytes, spill.stored + 1, until
        for name, place in plan.away.items():
            steps_of = [n for n, x in enumerate(plan.layers) if any(t.name == name for t in x.layer.tensors)]
            first, last = steps_of[0], steps_of[-1]
            yield ACTIVATION, name, at["l3"] + place.offset, place.bytes, first, last + 1
    if "l1" in at:
        for number, (name, part, first, end) in enumerate(steps):
            for key, buffer in part.l1.items():
                if key not in part.ahead:
                    yield BUFFER, key, at["l1"] + buffer.offset, buffer.bytes, first, end
            for key, buffer in part.ahead.items():
                kind, what = (BUFFER, key) if key == COPY else (WEIGHT, name)
                comes = steps[number - 1][2]
                yield kind, what, at["l1"] + buffer.offset, buffer.bytes, comes, end
    if {"__stack_bottom", "__stack_top"} <= image.symbols.keys():
        bottom, top = image.symbols["__stack_bottom"], image.symbols["__stack_top"]
        yield STACK, "stacks", bottom, top - bottom, 0, layers


def _addresses(plan: Plan, image: Image) -> dict[str, int]:
    """Where the image has the places of the arena, and the weights that stream."""
    found = {
        place: image.symbols[memory] + offset
        for place, (memory, offset) in Arena.of(plan).places.items()
        if memory in image.symbols
    }
    stream = section_places(image.elf).get(".l3")
    return found if stream is None else found | {"stream": stream[0]}


def _steps(plan: Plan) -> list[tuple[str, Part, float, float]]:
    """Every part that runs, in order: the layer's name, the part, and from where to where it is on the layers' axis."""
    found = []
    for number, index in plan.order:
        layer = plan.layers[number]
        size = 1 / len(layer.parts)
        found.append((layer.name, layer.parts[index], number + index * size, number + (index + 1) * size))
    return found


def _lifetimes(plan: Plan, places: Mapping[str, Buffer]) -> dict[str, tuple[int, int]]:
    """First and last layer between which each tensor of these holds its place: where layers run by rows together, what
    is there whole lasts for all of them."""
    chains = [range(first, last + 1) for first, last in plan.chains]
    alive: dict[str, tuple[int, int]] = {}
    for number, planned in enumerate(plan.layers):
        named = {t.name: t for x in (*(p.layer for p in planned.parts), planned.layer) for t in x.tensors}
        for tensor in named.values():
            root = plan.aliases.get(tensor.name, tensor.name)
            if root not in places:
                continue
            whole = places[root].bytes >= tensor.bytes
            steps = next((c for c in chains if whole and number in c), range(number, number + 1))
            first, last = alive.get(root, (number, number))
            alive[root] = min(first, steps[0]), max(last, steps[-1])
    return alive
