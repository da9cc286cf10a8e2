"""From an integer graph to a plan."""

import fnmatch
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from nmcu import graph as graphs
from nmcu import kernels
from nmcu.errors import PlanError
from nmcu.graph import Graph, Layer, TensorInfo
from nmcu.kernels import Candidate, Machine
from nmcu.kernels.kernel import align
from nmcu.plan.choose import choose, options
from nmcu.plan.constants import place_constants, streamed
from nmcu.plan.lifetime import lifetimes, place
from nmcu.plan.parts import split
from nmcu.plan.plan import Buffer, Part, Plan, PlannedLayer
from nmcu.plan.spill import place_within, spill_cycles, spills
from nmcu.targets import Target

CODE_RESERVE_BYTES = 64 * 1024
"""L2 kept free for code and descriptors."""
CONSTANTS_RESERVE_BYTES = 192 * 1024
"""L2 that activations leave to constants, if need be by waiting in L3."""
PARTS_IN_RING = 4
"""Constants stream in parts of at most this share of the L2 that is left for them: one is read while others come."""
ALIAS_KINDS = frozenset({"reshape"})


def make(
    graph: Graph,
    target: Target,
    isa: str = "xcv",
    *,
    kernel_names: str = "*",
    forced: Mapping[str, str] = MappingProxyType({}),
    pinned: Mapping[str, Candidate] = MappingProxyType({}),
) -> Plan:
    """Decides kernels, tiles, buffers and addresses for every layer of `graph`.

    `kernel_names` is a glob that layers with a choice are restricted to, where it leaves any; `forced` maps layer
    names to kernel names, `pinned` to the candidate to take without a choice. Raises `PlanError` naming the node or
    the sizes where the network does not fit `target`.
    """
    machine = Machine(target, isa)
    layers = graphs.layers(graph)
    inputs, outputs = tuple(graphs.inputs(graph)), tuple(graphs.outputs(graph))
    names = [kernel.name for kernel in kernels.KERNELS]
    if not fnmatch.filter(names, kernel_names):
        raise PlanError(f"--kernels {kernel_names!r} matches no kernel; there are: {', '.join(names)}")
    unknown = set(forced) - {layer.name for layer in layers}
    if unknown:
        raise PlanError(f"--kernel names layer {min(unknown)!r}; layers: {', '.join(x.name for x in layers)}")
    aliases = _aliases(layers, inputs, outputs)
    ports = sum(align(t.bytes) for t in (*inputs, *outputs))
    blocks = lifetimes(layers, outputs, aliases)
    if "l3_l2" in target.dma:
        room = target.l2_bytes - CODE_RESERVE_BYTES - CONSTANTS_RESERVE_BYTES - ports
        tensors, blocks = place_within(blocks, layers, aliases, room)
    else:
        tensors = place(blocks)
    moved = spills(blocks)
    arena = max((buffer.end for buffer in tensors.values()), default=0)
    budget = target.l2_bytes - CODE_RESERVE_BYTES - align(arena) - ports
    if budget < 0:
        raise PlanError(
            f"the network's activations need {arena + ports:,} bytes of L2 at once, {target.name} has "
            f"{target.l2_bytes - CODE_RESERVE_BYTES:,} beside the code: use a smaller input or network"
        )
    work = [layer for layer in layers if not _moves_nothing(layer, aliases)]
    choices = {
        layer.name: (pinned[layer.name],)
        if layer.name in pinned
        else options(layer, machine, kernel_names, forced.get(layer.name))
        for layer in work
    }
    sizes: dict[tuple[str, str], int] = {}

    def constant_bytes(layer: Layer, candidate: Candidate) -> int:
        key = (layer.name, candidate.kernel)
        if key not in sizes:
            packed = kernels.get(candidate.kernel).constants(layer)
            sizes[key] = sum(align(len(data)) for data in packed.values())
        return sizes[key]

    fastest = {name: found[0] for name, found in choices.items()}
    streams = "l3_l2" in target.dma and sum(constant_bytes(x, fastest[x.name]) for x in work) > budget
    chosen = fastest if streams else choose(work, choices, constant_bytes, budget)
    planned = [
        PlannedLayer(
            layer, chosen[layer.name].kernel, _parts(layer, chosen[layer.name], machine, budget, streams)
        )
        if layer.name in chosen
        else PlannedLayer(layer, None, ())
        for layer in layers
    ]
    placed = place_constants(planned, machine, budget)
    return Plan(
        target=target,
        isa=isa,
        layers=placed.layers,
        inputs=inputs,
        outputs=outputs,
        tensors=MappingProxyType(tensors),
        aliases=MappingProxyType(aliases),
        weight_blob_bytes=placed.resident_bytes,
        chunks=placed.chunks,
        ring_bytes=placed.ring_bytes,
        spills=moved,
        spill_cycles=spill_cycles(moved, target.dma.get("l3_l2")),
    )


def _parts(
    layer: Layer, candidate: Candidate, machine: Machine, budget: int, streams: bool
) -> tuple[Part, ...]:
    """The layer as one part, or as several where its constants stream and are too large for that at once."""
    kernel = kernels.get(candidate.kernel)
    if not streams:
        return (_part(layer, 0, candidate, {}),)
    total = sum(len(data) for data in kernel.constants(layer).values())
    parts = split(layer, total, budget // PARTS_IN_RING)
    if len(parts) == 1:
        return (_part(layer, 0, candidate, streamed(kernel, layer)),)
    return tuple(
        _part(part, first, kernel.candidates(part, machine)[0], streamed(kernel, part))
        for first, part in parts
    )


def _aliases(
    layers: Sequence[Layer], inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo]
) -> dict[str, str]:
    """Tensors that share another one's memory: results of layers that only change the shape.

    A network output takes over its producer's tensor unless that is an input or an output itself.
    """
    aliases: dict[str, str] = {}
    taken = {t.name for t in (*inputs, *outputs)}
    out = {t.name for t in outputs}
    for layer in layers:
        if layer.kind not in ALIAS_KINDS:
            continue
        source, result = layer.inputs[0].name, layer.outputs[0].name
        root = aliases.get(source, source)
        if result not in out:
            aliases[result] = root
        elif root not in taken:
            aliases |= {name: result for name, old in aliases.items() if old == root}
            aliases[root] = result
            taken.add(root)
    return aliases


def _moves_nothing(layer: Layer, aliases: Mapping[str, str]) -> bool:
    if layer.kind not in ALIAS_KINDS:
        return False
    source, result = layer.inputs[0].name, layer.outputs[0].name
    return aliases.get(source, source) == aliases.get(result, result)


def _part(layer: Layer, first_channel: int, candidate: Candidate, streamed: Mapping[str, int]) -> Part:
    """A part whose constants are packed but not placed yet: all buffers start at 0."""
    kernel = kernels.get(candidate.kernel)
    offset, l1 = 0, {}
    for name, size in candidate.l1.items():
        l1[name] = Buffer(offset, size)
        offset += align(size)
    sizes = {name: len(data) for name, data in kernel.constants(layer).items()}
    return Part(
        layer=layer,
        first_channel=first_channel,
        parameters=MappingProxyType(dict(candidate.parameters)),
        l1=MappingProxyType(l1),
        constants=MappingProxyType({n: Buffer(0, size) for n, size in sizes.items() if n not in streamed}),
        streamed=MappingProxyType(dict(streamed)),
        constant_bytes=sum(sizes.values()),
        index_bytes=kernel.index_bytes(layer),
        cycles=candidate.cycles,
        compute_cycles=candidate.compute_cycles,
        dma_cycles=candidate.dma_cycles,
    )
