"""One kernel and tiling for every layer: the fastest combination whose constants fit the memory."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from nmcu import kernels
from nmcu.errors import PlanError
from nmcu.graph import Layer
from nmcu.kernels import Candidate, Kernel, Machine
from nmcu.plan.lifetime import deterministic_solver
from nmcu.plan.refusal import NoRoom
from nmcu.targets import Role

SMALL_BYTES, MOST_BYTES = 1 << 10, 1 << 26
"""Of buffers: what is tried where a layer has no room."""
PER_KERNEL = 4
"""Tilings of one kernel that the solver sees; those after the best few are slower and seldom smaller."""


def options(
    known: Mapping[str, Kernel], layer: Layer, machine: Machine, names: str, forced: str | None
) -> tuple[Candidate, ...]:
    """The candidates of the `known` kernels for `layer`, best first; raises `PlanError` with every kernel's reason
    where there is none.

    `names` restricts the kernels where it leaves any, so that a network's other layers still run.
    """
    if forced is not None and forced not in known:
        made = ", ".join(sorted(kernel.name for kernel in known.values() if kernel.runs(layer)))
        raise PlanError(
            f"{layer.name}={forced}: there is no kernel {forced!r}; for {layer.kind}: {made or 'none'}"
        )
    wanted = forced or names
    possible = kernels.candidates(known.values(), layer, machine, wanted)
    if not possible and forced is None:
        possible = kernels.candidates(known.values(), layer, machine)
    found: dict[str, list[Candidate]] = {}
    for candidate in possible:
        kept = found.setdefault(candidate.kernel, [])
        if len(kept) < PER_KERNEL:
            kept.append(candidate)
    if not found and forced is not None:
        reason = kernels.fits(known[forced], layer, machine) or "no tile of it fits the compute memory"
        raise PlanError(f"{layer.name}={forced}: {reason}")
    if not found:
        raise _refusal(known.values(), [layer], machine, wanted)
    return tuple(sorted((c for kept in found.values() for c in kept), key=lambda c: (c.cycles, c.l1_bytes)))


@dataclass(frozen=True)
class ByRows(Candidate):
    """One way to run a layer by rows: a kernel with a tiling for each stripe. `parameters` are those of the first one,
    cycles are sums."""

    stripes: tuple[Candidate, ...] = ()


def by_rows(
    known: Mapping[str, Kernel], stripes: Sequence[Layer], machine: Machine, names: str, forced: str | None
) -> tuple[ByRows, ...]:
    """The candidates for a layer that runs in these stripes, as in `options`: each kernel that runs all of them."""
    found = []
    for name in dict.fromkeys(c.kernel for c in options(known, stripes[0], machine, names, forced)):
        best = _best(known[name], stripes, machine)
        if best is not None:
            found.append(
                ByRows(
                    kernel=name,
                    parameters=best[0].parameters,
                    l1={"rows": max(c.l1_bytes for c in best)},
                    cycles=sum(c.cycles for c in best),
                    compute_cycles=sum(c.compute_cycles for c in best),
                    dma_cycles=sum(c.dma_cycles for c in best),
                    stripes=best,
                )
            )
    if not found:
        raise _refusal(known.values(), stripes, machine, forced or names)
    return tuple(sorted(found, key=lambda c: (c.cycles, c.l1_bytes)))


def _best(kernel: Kernel, stripes: Sequence[Layer], machine: Machine) -> tuple[Candidate, ...] | None:
    """The best tiling of each stripe of a layer; None where `kernel` cannot run one of them."""
    made: dict[object, Candidate] = {}
    for layer in stripes:
        if layer.form not in made:
            if kernels.fits(kernel, layer, machine) is not None:
                return None
            tilings = kernel.predicted(layer, machine)
            if not tilings:
                return None
            made[layer.form] = tilings[0]
    return tuple(made[layer.form] for layer in stripes)


def choose(
    layers: Sequence[Layer],
    choices: Mapping[str, Sequence[Candidate]],
    constant_bytes: Callable[[Layer, Candidate], int],
    budget: int,
    shared: bool = False,
    role: Role = Role.WORKING,
) -> dict[str, Candidate]:
    """One candidate for each layer in `choices`: fewest predicted cycles with all constants within `budget` bytes,
    of the memory with `role`, where these are `shared` together with the largest layer's buffers.

    Raises `NoRoom` with the smallest size that any choice needs.
    """
    chosen = [layer for layer in layers if layer.name in choices]
    fastest = {name: found[0] for name, found in choices.items()}
    peak = max((c.l1_bytes for c in fastest.values()), default=0) if shared else 0
    if peak + sum(constant_bytes(layer, fastest[layer.name]) for layer in chosen) <= budget:
        return fastest
    sizes = {layer.name: [constant_bytes(layer, c) for c in choices[layer.name]] for layer in chosen}
    smallest = sum(min(size) for size in sizes.values())
    if shared:
        smallest += max(min(c.l1_bytes for c in found) for found in choices.values())
    if smallest > budget:
        needs = "weights and buffers need" if shared else "weights need"
        heaviest = max(chosen, key=lambda layer: min(sizes[layer.name]))
        raise NoRoom(
            f"the network's {needs} {smallest:,} bytes of memory, {budget:,} are left beside code and activations "
            f"(most by node {heaviest.name!r}: {min(sizes[heaviest.name]):,})",
            role,
            smallest - budget,
            smallest if role is Role.WORKING else 0,
        )
    from ortools.sat.python import cp_model  # late: it brings pandas, and most networks' fastest kernels fit

    model = cp_model.CpModel()
    picked = {name: [model.new_bool_var(f"{name} {i}") for i in range(len(c))] for name, c in choices.items()}
    for flags in picked.values():
        model.add_exactly_one(flags)
    constants = sum(s * f for n in sizes for s, f in zip(sizes[n], picked[n], strict=True))
    if shared:
        largest = model.new_int_var(0, budget, "largest buffers")
        for name, flags in picked.items():
            model.add(sum(c.l1_bytes * f for c, f in zip(choices[name], flags, strict=True)) <= largest)
        constants += largest
    model.add(constants <= budget)
    model.minimize(sum(c.cycles * f for n in picked for c, f in zip(choices[n], picked[n], strict=True)))
    solver = deterministic_solver(20.0)
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise PlanError("no choice of kernels was found that fits the memory: use a smaller network")
    return {
        name: next(c for c, f in zip(choices[name], flags, strict=True) if solver.value(f))
        for name, flags in picked.items()
    }


def _refusal(known: Iterable[Kernel], layers: Sequence[Layer], machine: Machine, names: str) -> PlanError:
    """Why no kernel runs all of `layers`, the stripes of one or a layer alone: `NoRoom` where only the buffers are too
    large."""
    layer, target = layers[0], machine.target
    shapes = ", ".join(str(t.shape) for t in layer.inputs)
    node = f"node {layer.name!r} ({layer.kind}, input {shapes})"
    needed = max(_least_bytes(known, each, machine, names) for each in {x.form: x for x in layers}.values())
    if machine.l1_bytes < needed < MOST_BYTES:
        where = "beside code, constants and activations" if not target.memory.staged else "of compute memory"
        return NoRoom(
            f"{node} needs buffers of {needed:,} bytes, {target.name} has {machine.l1_bytes:,} {where}",
            Role.COMPUTE,
            needed - machine.l1_bytes,
            needed,
        )
    reasons = []
    for kernel in known:
        if not kernel.runs(layer):
            continue
        reason = kernels.fits(kernel, layer, machine, names) or "no tile of it fits the compute memory"
        reasons.append(f"{kernel.name}: {reason}")
    detail = "; ".join(reasons) or "no kernel is made for it"
    return PlanError(f"{node} cannot run on {target.name}: {detail}")


def _least_bytes(known: Iterable[Kernel], layer: Layer, machine: Machine, names: str) -> int:
    """Buffers of the smallest tiling of all kernels; `MOST_BYTES` where there is none."""
    size = max(machine.l1_bytes, SMALL_BYTES)
    while size < MOST_BYTES:
        found = kernels.candidates(known, layer, replace(machine, buffer_bytes=size), names)
        if found:
            return min(candidate.l1_bytes for candidate in found)
        size *= 2
    return MOST_BYTES
