"""From an integer graph to a plan."""

import fnmatch
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from nmcu.errors import PlanError
from nmcu.graph import Graph, Layer
from nmcu.isa import InstructionSet
from nmcu.kernels import Candidate, Kernel, Machine, Packed
from nmcu.kernels.kernel import align
from nmcu.plan.activations import Activations, place_activations
from nmcu.plan.choose import choose, options
from nmcu.plan.constants import place_constants, streamed
from nmcu.plan.packing import Packing
from nmcu.plan.parts import split
from nmcu.plan.plan import Buffer, Part, Plan, PlannedLayer
from nmcu.plan.spill import spill_cycles
from nmcu.registry import Registry
from nmcu.targets import Role, Target

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
    names to kernel names, `pinned` to the candidate to take without a choice. Raises `PlanError` naming the node or
    the sizes where the network does not fit `target`, and where it computes nothing.
    """
    layers = graph.layers
    inputs, outputs = tuple(graph.inputs), tuple(graph.outputs)
    _check_names(registry.kernels, layers, kernel_names, forced)
    activations = place_activations(layers, inputs, outputs, target)
    machine = Machine(target, isa, buffer_bytes=activations.buffer_bytes)
    work = [layer for layer in layers if not activations.moves_nothing(layer)]
    if not work:
        raise PlanError("the network computes nothing: its outputs are its inputs")

    def choices(machine: Machine) -> dict[str, tuple[Candidate, ...]]:
        return {
            layer.name: (pinned[layer.name],)
            if layer.name in pinned
            else options(registry.kernels, layer, machine, kernel_names, forced.get(layer.name))
            for layer in work
        }

    packing = Packing()

    def constant_bytes(layer: Layer, candidate: Candidate) -> int:
        return packing.room(layer, registry.kernels[candidate.kernel])

    chosen, streams = _chosen(work, choices, machine, activations, constant_bytes)
    most_bytes = activations.budget // PARTS_IN_RING if streams else None
    planned = []
    for layer in layers:
        if layer.name in chosen:
            kernel = registry.kernels[chosen[layer.name].kernel]
            parts = _parts(layer, kernel, chosen[layer.name], machine, most_bytes, packing)
            planned.append(PlannedLayer(layer, kernel, parts))
        else:
            planned.append(PlannedLayer(layer, None, ()))
    placed = place_constants(planned, machine, activations.budget)
    plan = Plan(
        target=target,
        isa=isa,
        buffer_bytes=activations.buffer_bytes,
        layers=placed.layers,
        inputs=inputs,
        outputs=outputs,
        tensors=activations.tensors,
        aliases=activations.aliases,
        weight_blob_bytes=placed.resident_bytes,
        chunks=placed.chunks,
        ring_bytes=placed.ring_bytes,
        spills=activations.spills,
        spill_cycles=spill_cycles(activations.spills, target.memory.engine(Role.BULK, Role.WORKING)),
    )
    _check_l3(plan)
    return plan


def _check_names(
    known: Mapping[str, Kernel], layers: Sequence[Layer], kernel_names: str, forced: Mapping[str, str]
) -> None:
    if not fnmatch.filter(known, kernel_names):
        raise PlanError(f"no kernel matches {kernel_names!r}; there are: {', '.join(known)}")
    unknown = set(forced) - {layer.name for layer in layers}
    if unknown:
        names = ", ".join(layer.name for layer in layers)
        raise PlanError(f"there is no layer {min(unknown)!r} to force a kernel on; layers: {names}")


def _check_l3(plan: Plan) -> None:
    bulk = plan.target.memory.find(Role.BULK)
    size = bulk.size if bulk else 0
    if plan.l3_bytes > size:
        raise PlanError(
            f"the network's weights ({plan.stream_bytes:,} bytes) and waiting activations ({plan.spill_bytes:,}) need "
            f"{plan.l3_bytes:,} bytes of bulk memory, {plan.target.name} has {size:,}: use a sparser or smaller network"
        )


def _chosen(
    work: Sequence[Layer],
    choices: Callable[[Machine], dict[str, tuple[Candidate, ...]]],
    machine: Machine,
    activations: Activations,
    constant_bytes: Callable[[Layer, Candidate], int],
) -> tuple[dict[str, Candidate], bool]:
    """A candidate for each layer, and whether constants stream: then the fastest, else what fits the budget."""
    found, budget = choices(machine), activations.budget
    fastest = {name: candidates[0] for name, candidates in found.items()}
    if machine.target.memory.find(Role.BULK) or activations.shared:
        constants = sum(constant_bytes(x, fastest[x.name]) for x in work)
        if machine.target.memory.find(Role.BULK) and constants > budget:
            return fastest, True
        peak = max((c.l1_bytes for c in fastest.values()), default=0)
        if activations.shared and constants < budget < constants + peak:
            for share in (1, 2, 4):
                smaller = choices(replace(machine, buffer_bytes=(budget - constants) // share))
                found = {name: (*found[name], *more) for name, more in smaller.items()}
    return choose(work, found, constant_bytes, budget, activations.shared), False


def _parts(
    layer: Layer,
    kernel: Kernel,
    candidate: Candidate,
    machine: Machine,
    most_bytes: int | None,
    packing: Packing,
) -> tuple[Part, ...]:
    """The layer as one part, or as several where its constants stream and are more than `most_bytes`."""
    packed = packing.of(layer, kernel)
    if most_bytes is None:
        return (_part(layer, 0, candidate, packed),)
    parts = split(layer, sum(p.size for p in packed.values()), most_bytes)
    if len(parts) == 1:
        return (_part(layer, 0, candidate, packed, streamed(layer, packed)),)
    found = []
    for first, part in parts:
        packed = packing.of(part, kernel)
        best = kernel.candidates(part, machine)[0]
        found.append(_part(part, first, best, packed, streamed(part, packed)))
    return tuple(found)


def _part(
    layer: Layer,
    first_channel: int,
    candidate: Candidate,
    packed: Mapping[str, Packed],
    streamed: Collection[str] = (),
) -> Part:
    """A part whose constants are not placed yet: all buffers start at 0."""
    offset, l1 = 0, {}
    for name, size in candidate.l1.items():
        l1[name] = Buffer(offset, size)
        offset += align(size)
    resident = {name: Buffer(0, p.size) for name, p in packed.items() if name not in streamed}
    return Part(
        layer=layer,
        first_channel=first_channel,
        parameters=MappingProxyType(dict(candidate.parameters)),
        l1=MappingProxyType(l1),
        packed=MappingProxyType(dict(packed)),
        constants=MappingProxyType(resident),
        streamed=MappingProxyType(dict.fromkeys(streamed, 0)),
        cycles=candidate.cycles,
        compute_cycles=candidate.compute_cycles,
        dma_cycles=candidate.dma_cycles,
    )
