"""What runs one layer, or a part of it: its descriptor, and the function that completes it for a run."""

from nmcu.codegen.cprint import Assignment, initializer, split
from nmcu.codegen.names import comment
from nmcu.codegen.symbols import PLACES, Symbols
from nmcu.kernels import Addresses, Struct
from nmcu.kernels.kernel import NOWHERE
from nmcu.plan import COPY, Plan, PlannedLayer


def part_text(plan: Plan, planned: PlannedLayer, number: int, symbols: Symbols) -> str:
    """The C text of part `number`: a constant descriptor without the addresses that the caller of the network gives,
    and `run_NAME`, which adds them and calls the kernel.

    Each core has a descriptor of its own, on its stack. Where that is another memory than constants lie in, a transfer
    brings it, or has brought it; where the kernel has a buffer for its descriptor, core 0 completes it there for all.
    """
    part, kernel = planned.parts[number], planned.kernel
    assert kernel is not None
    layer = part.layer
    descriptor = kernel.descriptor(layer, part.parameters, _addresses(plan, planned, number, symbols))
    shapes = " + ".join("x".join(map(str, t.shape)) for t in layer.inputs)
    result = ", ".join("x".join(map(str, t.shape)) for t in layer.outputs)
    macs = f", {layer.macs} MACs" if layer.macs else ""
    title = f'/* {layer.kind} "{comment(layer.name)}": {shapes} -> {result}{macs}, by {kernel.name} */\n'
    staged = plan.target.memory.staged
    copy = f"{PLACES}l1 + {part.l1[COPY].offset}" if staged and COPY in part.l1 else None
    name = symbols.layers[planned.name, number]
    return title + function_text(name, kernel.function, descriptor, staged, copy, ahead=COPY in part.ahead)


def function_text(
    name: str, kernel: str, descriptor: Struct, staged: bool, copy: str | None, *, ahead: bool = False
) -> str:
    """The C text of `layer_NAME`, a descriptor without the addresses that are known in a run only, and of `run_NAME`,
    which adds them and calls the function `kernel`.

    `copy` is where all cores' descriptor lies while it runs, `ahead` whether it was brought there before; without,
    each core has one on its stack.
    """
    known, assignments = split(descriptor, lambda text: PLACES in text)
    body = (
        _own(descriptor.type, name, staged, assignments)
        if copy is None
        else _shared(descriptor.type, name, copy, ahead, assignments)
    )
    return (
        f"static const {descriptor.type} layer_{name} = {initializer(known)};\n\n"
        f"static NETWORK_LAYER run_{name}(const places_t *at)\n{{\n"
        f"{body}"
        f"    {kernel}({'&layer' if copy is None else 'layer'});\n}}\n"
    )


def _own(kind: str, name: str, staged: bool, assignments: tuple[Assignment, ...]) -> str:
    copied = f"memcpy(&layer, &layer_{name}, sizeof layer);"
    brought = f"nmcu_dma_wait(nmcu_dma_start_1d(&layer, &layer_{name}, sizeof layer));"
    lines = [f"    {kind} layer;", "", f"    {brought if staged else copied}"]
    return "\n".join([*lines, *(f"    layer{a.path} = {a.text};" for a in assignments)]) + "\n"


def _shared(kind: str, name: str, copy: str, ahead: bool, assignments: tuple[Assignment, ...]) -> str:
    lines = [f"    {kind} *const layer = ({kind} *)(void *)({copy});", ""]
    lines.append("    if (nmcu_core_id() == 0) {")
    if not ahead:
        lines.append(f"        nmcu_dma_wait(nmcu_dma_start_1d(layer, &layer_{name}, sizeof layer_{name}));")
    lines += [f"        layer->{a.path.removeprefix('.')} = {a.text};" for a in assignments]
    return "\n".join([*lines, "    }", "    nmcu_barrier();"]) + "\n"


def _addresses(plan: Plan, planned: PlannedLayer, number: int, symbols: Symbols) -> Addresses:
    part = planned.parts[number]

    def place(tensor: str, more: int = 0) -> str:
        """Its first byte and `more`: descriptors count in bytes, whatever the elements are."""
        first = symbols.tensors[plan.aliases.get(tensor, tensor)]
        offset = plan.offsets.get(tensor, 0) + more
        return f"{first} + {offset}" if offset else first

    constants = {key: symbols.constants[planned.name, number, key] for key in part.constants}
    constants |= {
        key: f"({PLACES}ring + {plan.chunks[slot.chunk].place.offset + slot.offset})"
        for key, slot in part.streamed.items()
    }
    constants |= {
        key: f"(const uint8_t *)({PLACES}l1 + {place.offset})"
        for key, place in part.ahead.items()
        if key != COPY
    }
    first, *others = part.layer.outputs
    inputs = zip(part.layer.inputs, part.input_offsets, strict=True)
    return Addresses(
        inputs=tuple(place(t.name, offset) for t, offset in inputs),
        outputs=(place(first.name, part.output_offset), *(place(t.name) for t in others)),
        constants=constants,
        l1={
            key: f"{PLACES}l1 + {buffer.offset}" if buffer.bytes else NOWHERE
            for key, buffer in part.l1.items()
        },
        output_channels=planned.layer.outputs[0].shape[-1],
        in_l1=part.near if plan.target.memory.staged else None,
        scratch=next((place(t.name) for t in part.layer.scratch), NOWHERE),
    )
