"""What would make a layer faster: a sentence for each thing that costs it a good part of its time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from nmcu import kernels
from nmcu.errors import counted
from nmcu.graph import Layer
from nmcu.graph.affine import accumulator_range
from nmcu.graph.prune import pruned
from nmcu.kernels import Kernel, Machine
from nmcu.kernels.common.requantize import are_wide
from nmcu.plan import PlannedLayer
from nmcu.report import bound
from nmcu.sparsity import NMPattern, moved

NOTABLE = 0.15
"""A cause that takes a smaller share of a layer's time is not named."""
PATTERN = NMPattern.parse("1:8")
"""What dense weights are compared with."""
WORTH = 1.2
"""Times faster that another way must be predicted to be before it is named."""

CAUSES: Mapping[str, str] = {
    bound.CONFLICTS: "cores want the same bank of memory: another tiling or kernel (--kernel) may spread them",
    bound.ACCESS: "values are read from memory slower than L1: L2, or flash",
    bound.WEIGHTS: "each weight is used too few times to hide its transfer",
    bound.ACTIVATIONS: "more bytes of activations than work on them: in one layer with a neighbour it takes less",
    bound.STREAMING: "weights come from bulk memory",
    bound.BARRIERS: "cores wait for each other: little work, or rows or channels that are no multiple of their number",
}
"""For what bounds a layer, why."""
SPARSER: Mapping[str, str] = {
    bound.WEIGHTS: "sparser weights have fewer bytes to bring",
    bound.STREAMING: "sparser weights stream faster, smaller ones stay in L2",
}
"""What helps where a layer can be pruned: weights of depthwise layers, for one, cannot."""


def advice(
    planned: PlannedLayer,
    machine: Machine,
    known: Sequence[Kernel],
    spent: Mapping[str, int],
    hot_cycles: int | None,
) -> tuple[str, ...]:
    """Sentences on `planned`, whose measured cycles went to what `spent` says (`report.bound`), and whose hot loop is
    predicted to take `hot_cycles` (`report.work`)."""
    cycles = sum(spent.values())
    if planned.kernel is None or not cycles:
        return ()
    found = (
        *_fallback(planned, planned.kernel, machine, known),
        *_requantisation(planned.layer, spent.get(bound.REQUANTISATION, 0) / cycles),
        *(
            f"{what} {spent[what] / cycles:.0%}: {why}{_remedy(what, planned.layer)}"
            for what, why in CAUSES.items()
            if spent.get(what, 0) >= NOTABLE * cycles
        ),
        *_ceiling(planned.layer, planned.kernel, hot_cycles, cycles),
        *_sparser(planned, machine, known),
    )
    return found or _nothing(planned.kernel, spent, cycles)


def _remedy(what: str, layer: Layer) -> str:
    return f": {SPARSER[what]}" if what in SPARSER and pruned(layer, PATTERN) is not None else ""


def _nothing(kernel: Kernel, spent: Mapping[str, int], cycles: int) -> tuple[str, ...]:
    """Where no cause stands out: a slow layer that is left out would look as if it was forgotten."""
    most, count = max(spent.items(), key=lambda item: item[1])
    return (f"{most} {count / cycles:.0%}: the work of {kernel.name} itself, no loss stands out",)


def _fallback(
    planned: PlannedLayer, chosen: Kernel, machine: Machine, known: Iterable[Kernel]
) -> Iterator[str]:
    """Why no hand-written loop runs the layer, where others of its operator are run by one."""
    if not chosen.portable(machine.isa):
        return
    reasons: dict[str, list[str]] = {}
    for kernel in known:
        if kernel.runs(planned.layer) and not (kernel.packed or kernel.portable(machine.isa)):
            reasons.setdefault(kernels.fits(kernel, planned.layer, machine) or "", []).append(kernel.name)
    found = [f"{reason} ({', '.join(names)})" for reason, names in reasons.items() if reason]
    if found:
        yield f"runs in portable C, because of {'; '.join(found)}"


def _requantisation(layer: Layer, share: float) -> Iterator[str]:
    """Which channels take long multipliers and why, or how few products a result is the sum of."""
    if share < NOTABLE or not layer.macs:
        return
    wide = np.flatnonzero(are_wide(layer))
    reason = f"a result is the sum of only {layer.macs // layer.outputs[0].size:,} products"
    if wide.size and "weight" in layer.constants:
        first, weight = int(wide[0]), layer.constants["weight"]
        factor = layer.constants["multiplier"][first] / 2.0 ** int(layer.constants["shift"][first])
        by_channel = weight.reshape(-1, weight.shape[-1]).T if layer.kind == "depthwise" else weight
        low, high = accumulator_range(by_channel.reshape(len(by_channel), -1), layer.constants["bias"])
        reason = (
            f"{wide.size} of {counted(len(by_channel), 'channel')} need products of more than 32 bits, channel {first} "
            f"because its sums reach {max(-int(low[first]), int(high[first])):,} and are rescaled by {factor:.3g}; "
            f"{reason}"
        )
    yield f"{bound.REQUANTISATION} {share:.0%}: {reason}"


def _ceiling(layer: Layer, chosen: Kernel, hot: int | None, cycles: int) -> Iterator[str]:
    if hot and hot < (1 - NOTABLE) * cycles:
        yield (
            f"{hot / cycles:.0%} of {chosen.name}'s ceiling: its hot loop alone takes {hot:,} cycles "
            f"({layer.macs / hot:.1f} MAC/cycle)"
        )


def _sparser(planned: PlannedLayer, machine: Machine, known: Iterable[Kernel]) -> Iterator[str]:
    """What pruning would gain."""
    if planned.kernel is None or planned.kernel.packed or (sparse := pruned(planned.layer, PATTERN)) is None:
        return
    weight = planned.layer.constants.get("weight")
    if weight is not None and weight.ndim in (2, 4) and (sentence := moved.sentence(weight)) is not None:
        yield sentence
        return
    found = kernels.candidates(known, sparse, machine)
    if found and planned.cycles > WORTH * found[0].cycles:
        yield f"pruned to {PATTERN} it is predicted to be {planned.cycles / found[0].cycles:.1f} times faster"
