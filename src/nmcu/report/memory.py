"""What lies where in a program's memories, and from which layer to which."""

from collections.abc import Iterator
from dataclasses import dataclass

from nmcu.plan import Part, Plan
from nmcu.toolchain import Image, section_places

ACTIVATION, BUFFER, CODE, CONSTANT, PORT, RING, STACK, WEIGHT = (
    "activations",
    "tile buffers",
    "code",
    "constants",
    "inputs and outputs",
    "streamed weights",
    "stacks",
    "weights",
)

_SECTIONS = {".text": CODE, ".rodata": CONSTANT, ".weights": CONSTANT, ".data": CONSTANT, ".l3": CONSTANT}
_SECTION_NAMES = {
    ".text": "code",
    ".rodata": "descriptors",
    ".weights": "weights of all layers",
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
    if "l2" in image.symbols:
        for name, (first_layer, last_layer) in _lifetimes(plan).items():
            buffer = plan.tensors[name]
            yield (
                ACTIVATION,
                name,
                image.symbols["l2"] + buffer.offset,
                buffer.bytes,
                first_layer,
                last_layer + 1,
            )
    for chunk in plan.chunks:
        name, _, _, end = steps[chunk.needed]
        for symbol, place in (("nmcu_stream", chunk.source), ("ring", chunk.place)):
            if symbol in image.symbols:
                yield (
                    RING,
                    name,
                    image.symbols[symbol] + place.offset,
                    place.bytes,
                    steps[chunk.started][2],
                    end,
                )
    if "l3" in image.symbols:
        for spill in plan.spills:
            place, until = spill.place, spill.loaded
            yield (
                ACTIVATION,
                spill.tensor,
                image.symbols["l3"] + place.offset,
                place.bytes,
                spill.stored + 1,
                until,
            )
    if "l1" in image.symbols:
        for _, part, first, end in steps:
            for key, buffer in part.l1.items():
                yield BUFFER, key, image.symbols["l1"] + buffer.offset, buffer.bytes, first, end
    if {"__stack_bottom", "__stack_top"} <= image.symbols.keys():
        bottom, top = image.symbols["__stack_bottom"], image.symbols["__stack_top"]
        yield STACK, "stacks", bottom, top - bottom, 0, layers


def _steps(plan: Plan) -> list[tuple[str, Part, float, float]]:
    """Every part that runs, in order: the layer's name, the part, and from where to where it is on the layers' axis."""
    return [
        (layer.name, part, number + index / len(layer.parts), number + (index + 1) / len(layer.parts))
        for number, layer in enumerate(plan.layers)
        for index, part in enumerate(layer.parts)
    ]


def _lifetimes(plan: Plan) -> dict[str, tuple[int, int]]:
    """First and last layer that writes or reads each tensor of the arena."""
    alive: dict[str, tuple[int, int]] = {}
    for number, planned in enumerate(plan.layers):
        for tensor in (*planned.layer.inputs, *planned.layer.outputs):
            root = plan.aliases.get(tensor.name, tensor.name)
            if root in plan.tensors:
                alive[root] = (alive.get(root, (number, number))[0], number)
    return alive
