"""From an integer graph to a plan."""

import fnmatch
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from nmcu import kernels
from nmcu.errors import PlanError
from nmcu.graph import Graph, Layer
from nmcu.isa import InstructionSet
from nmcu.kernels import Candidate, Kernel, Machine
from nmcu.kernels.kernel import align
from nmcu.kernels.packed import ALIGNMENT
from nmcu.plan.activations import Activations, place_activations, reserves_bytes, search_chains
from nmcu.plan.choose import ByRows, by_rows, choose, options
from nmcu.plan.constants import place_constants
from nmcu.plan.join import joined
from nmcu.plan.near import NOTHING, Near, Work, keep_near
from nmcu.plan.packing import Packing
from nmcu.plan.parts import channel_parts, near_part, row_parts
from nmcu.plan.plan import Plan, PlannedLayer
from nmcu.plan.refusal import NoRoom, smallest, with_enough
from nmcu.plan.scratch import with_scratch, with_stacks
from nmcu.plan.shared import share
from nmcu.plan.spill import spill_cycles
from nmcu.plan.states import keep_in_place, ordered, place_states
from nmcu.plan.stripes import Chain, Stripe
from nmcu.registry import Registry
from nmcu.targets import Role, Target

Choices = Callable[[Layer, Machine], tuple[Candidate, ...]]
"""The candidates for a layer."""
MOST_TRIES = 16
"""Amounts of memory that activations are made to leave."""
PARTS_IN_RING = 4
"""Constants stream in parts of at most this share of the L2 that is left for them: one is read while others come."""


def make(
    graph: Graph,
    target: Target,
    isa: InstructionSet,
    registry: Registry,
    *,
    kernel_names: str = "*",
    forced: Mapping[str, str] = MappingProxyType({}),
    pinned: Mapping[str, Candidate] = MappingProxyType({}),
) -> Plan:
    """Decides kernels (of `registry`), tiles, buffers and addresses for every layer of `graph`.

    `kernel_names` is a glob that layers with a choice are restricted to, where it leaves any; `forced` maps layer
    names to kernel names, `pinned` to the candidate to take without a choice, where the layer does not run by rows.
    The plan's target is `target`, with larger stacks where kernels need them.
    Raises `PlanError` naming the node or the sizes where the network does not fit `target`, and where it computes
    nothing.
    """
    states = [state.tensor for state in graph.states]
    registry = registry.on(Machine(target, isa))
    known = registry.kernels
    target = with_stacks(target, graph.layers, known.values())
    predicted = Machine(target, isa)
    _check_names(known, graph.layers, kernel_names, forced)

    @cache
    def cycles(layer: Layer) -> int:
        found = kernels.candidates(known.values(), layer, predicted)
        return found[0].cycles if found else layer.macs + layer.outputs[0].size

    def cycles_joined(layer: Layer) -> int | None:
        names = forced.get(layer.name, kernel_names)
        found = kernels.candidates(known.values(), layer, predicted, names)
        return found[0].cycles if found else None

    whole = joined(graph.layers, graph.outputs, cycles, cycles_joined, forced)
    memory = share(whole, graph.inputs, graph.outputs, states)
    layers = ordered([replace(x, placed=memory.placed(x)) for x in whole], memory.roots)
    layers = with_scratch(layers, known.values(), predicted)
    keep_in_place(layers, memory, [t.name for t in (*graph.inputs, *graph.outputs, *states)])

    search = search_chains(layers, graph.outputs, memory.roots, target, cycles)

    def planned(machine: Machine, reserved_bytes: int, needed: bool) -> Plan:
        chip = machine.target
        activations = place_activations(
            search, graph.inputs, graph.outputs, states, memory, chip, reserved_bytes, needed=needed
        )
        stripes = {layers[n].name: chain.of(n) for chain in activations.chains for n in chain.numbers}

        def choices(layer: Layer, machine: Machine) -> tuple[Candidate, ...]:
            wanted = kernel_names, forced.get(layer.name)
            if layer.name in stripes:
                return by_rows(known, [s.layer for s in stripes[layer.name]], machine, *wanted)
            if layer.name in pinned:
                return (pinned[layer.name],)
            return options(known, layer, machine, *wanted)

        return _plan(graph, layers, registry, machine, activations, stripes, choices)

    constants = sum(array.nbytes for layer in layers for array in layer.constants.values())

    def on(chip: Target, known_bytes: int = 0) -> Plan:
        """With as much memory left as is usual, where it is not known, or else as much as was found to be needed."""
        machine = predicted if chip is target else Machine(chip, isa)
        usual = [(reserved, reserved == ALIGNMENT) for reserved in reserves_bytes(chip, constants)]
        left = [(align(known_bytes), True)] if known_bytes else usual
        refusals = []
        for reserved, needed in left:
            try:
                return planned(machine, reserved, needed)
            except PlanError as refusal:
                refusals.append(refusal)
                if isinstance(refusal, NoRoom):
                    exactly = align(refusal.needed, ALIGNMENT), True
                    if refusal.needed and exactly not in left and len(left) < MOST_TRIES:
                        left.append(exactly)
        raise smallest(refusals)

    try:
        return on(target)
    except NoRoom as refusal:
        raise with_enough(refusal, target, on) from None


def _plan(
    graph: Graph,
    layers: Sequence[Layer],
    registry: Registry,
    machine: Machine,
    activations: Activations,
    stripes: Mapping[str, Sequence[Stripe]],
    choices: Choices,
) -> Plan:
    """The plan around these activations. `stripes` are those of the layers that run by rows, by name."""
    target = machine.target
    machine = replace(machine, buffer_bytes=activations.buffer_bytes)
    work = [layer for layer in layers if not activations.shared_memory.moves_nothing(layer)]
    if not work:
        raise PlanError("the network computes nothing: its outputs are its inputs")
    packing = Packing()

    def constant_bytes(layer: Layer, candidate: Candidate) -> int:
        return packing.room(layer, registry.kernels[candidate.kernel])

    chosen, streams = _chosen(work, choices, machine, activations, constant_bytes)
    most_bytes = activations.budget // PARTS_IN_RING if streams else None
    planned = []
    for layer in layers:
        if layer.name in chosen:
            kernel, candidate = registry.kernels[chosen[layer.name].kernel], chosen[layer.name]
            if isinstance(candidate, ByRows):
                parts = row_parts(stripes[layer.name], kernel, candidate, packing, activations.away)
            else:
                parts = channel_parts(layer, kernel, candidate, machine, most_bytes, packing)
            planned.append(PlannedLayer(layer, kernel, parts))
        else:
            planned.append(PlannedLayer(layer, None, ()))
    order = _order(planned, activations.chains)
    near = _near(planned, order, chosen, machine, activations, streams=streams)
    for number, each in enumerate(planned):
        if each.name in near.layers:
            (part,) = each.parts
            planned[number] = replace(each, parts=(near_part(part, near.layers[each.name]),))
    placed = place_constants(planned, order, machine, activations.budget, streams=streams)
    plan = Plan(
        target=target,
        isa=machine.isa,
        buffer_bytes=activations.buffer_bytes,
        layers=placed.layers,
        order=order,
        away=activations.away,
        chains=tuple((chain.first, chain.last) for chain in activations.chains),
        inputs=tuple(graph.inputs),
        outputs=tuple(graph.outputs),
        tensors=MappingProxyType({n: b for n, b in activations.tensors.items() if n not in near.tensors}),
        aliases=activations.shared_memory.roots,
        offsets=activations.shared_memory.offsets,
        weight_blob_bytes=placed.resident_bytes,
        chunks=placed.chunks,
        ring_bytes=placed.ring_bytes,
        spills=activations.spills,
        spill_cycles=spill_cycles(
            activations.spills, activations.chains, target.memory.engine(Role.BULK, Role.WORKING)
        ),
        states=place_states(graph.states, activations.shared_memory),
        near=near.tensors,
        near_bytes=near.bytes,
        ports=graph.border.names,
    )
    _check_bulk(plan)
    return plan


def _near(
    planned: Sequence[PlannedLayer],
    order: Sequence[tuple[int, int]],
    chosen: Mapping[str, Candidate],
    machine: Machine,
    activations: Activations,
    *,
    streams: bool,
) -> Near:
    """What stays in compute memory, and what comes there early."""
    if not machine.staged or not machine.overlaps:
        return NOTHING
    shared = activations.shared_memory
    steps: list[Work | None] = []
    moved = {spill.tensor for spill in activations.spills}
    for number, _ in order:
        layer = planned[number]
        candidate = chosen[layer.name]
        if layer.kernel is not None and len(layer.parts) == 1 and not isinstance(candidate, ByRows):
            steps.append(Work(layer.layer, layer.kernel, candidate, layer.parts[0].packed))
        else:
            steps.append(None)
            moved |= {shared.place(t.name)[0] for t in (*layer.layer.inputs, *layer.layer.outputs)}
    for layer in planned:
        for tensor in (*layer.layer.inputs, *layer.layer.outputs):
            root, offset = shared.place(tensor.name)
            whole = root in activations.tensors and tensor.bytes == activations.tensors[root].bytes
            if not whole or offset or tensor.bytes != tensor.size:
                moved.add(root)
    maps = [name for name in activations.tensors if name not in moved]
    return keep_near(steps, maps, lambda t: shared.place(t.name)[0], machine, constants=not streams)


def _order(layers: Sequence[PlannedLayer], chains: Sequence[Chain]) -> tuple[tuple[int, int], ...]:
    """All parts in the order in which they run: those of a chain as its stripes are."""
    stripes = {
        number: chain.stripes if number == chain.first else () for chain in chains for number in chain.numbers
    }
    order: list[tuple[int, int]] = []
    for number, layer in enumerate(layers):
        if number not in stripes:
            order += [(number, index) for index in range(len(layer.parts))]
            continue
        parts = Counter[int]()
        for stripe in stripes[number]:
            order.append((stripe.number, parts[stripe.number]))
            parts[stripe.number] += 1
    return tuple(order)


def _check_names(
    known: Mapping[str, Kernel], layers: Sequence[Layer], kernel_names: str, forced: Mapping[str, str]
) -> None:
    if not fnmatch.filter(known, kernel_names):
        raise PlanError(f"no kernel matches {kernel_names!r}; there are: {', '.join(known)}")
    unknown = set(forced) - {layer.name for layer in layers}
    if unknown:
        names = ", ".join(layer.name for layer in layers)
        raise PlanError(f"there is no layer {min(unknown)!r} to force a kernel on; layers: {names}")


def _check_bulk(plan: Plan) -> None:
    bulk = plan.target.memory.find(Role.BULK)
    if bulk and plan.l3_bytes > bulk.size:
        raise NoRoom(
            f"the network's weights ({plan.stream_bytes:,} bytes) and waiting activations ({plan.spill_bytes:,}) need "
            f"{plan.l3_bytes:,} bytes of bulk memory, {plan.target.name} has {bulk.size:,}",
            Role.BULK,
            plan.l3_bytes - bulk.size,
        )


def _chosen(
    work: Sequence[Layer],
    choices: Choices,
    machine: Machine,
    activations: Activations,
    constant_bytes: Callable[[Layer, Candidate], int],
) -> tuple[dict[str, Candidate], bool]:
    """A candidate for each layer, and whether constants stream: then the fastest, else what fits the budget."""
    found, budget = {x.name: choices(x, machine) for x in work}, activations.budget
    fastest = {name: candidates[0] for name, candidates in found.items()}
    if machine.target.memory.find(Role.BULK) or activations.shared:
        constants = sum(constant_bytes(x, fastest[x.name]) for x in work)
        if machine.target.memory.find(Role.BULK) and constants > budget:
            return fastest, True
        peak = max((c.l1_bytes for c in fastest.values()), default=0)
        if activations.shared and constants < budget < constants + peak:
            for share in (1, 2, 4):
                smaller = replace(machine, buffer_bytes=(budget - constants) // share)
                found = {x.name: (*found[x.name], *_where_possible(choices, x, smaller)) for x in work}
    lie = Role.FLASH if machine.target.memory.find(Role.FLASH) else Role.WORKING
    return choose(work, found, constant_bytes, budget, activations.shared, lie), False


def _where_possible(choices: Choices, layer: Layer, machine: Machine) -> tuple[Candidate, ...]:
    try:
        return choices(layer, machine)
    except NoRoom:
        return ()
