"""One kernel and tiling for every layer: the fastest combination whose constants fit the memory."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from nmcu import kernels
from nmcu.errors import PlanError
from nmcu.graph import Layer
from nmcu.kernels import Candidate, Kernel, Machine
from nmcu.plan.lifetime import deterministic_solver

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
        raise PlanError(_refusal(known.values(), layer, machine, wanted))
    return tuple(sorted((c for kept in found.values() for c in kept), key=lambda c: (c.cycles, c.l1_bytes)))


def choose(
    layers: Sequence[Layer],
    choices: Mapping[str, Sequence[Candidate]],
    constant_bytes: Callable[[Layer, Candidate], int],
    budget: int,
    shared: bool = False,
) -> dict[str, Candidate]:
    """One candidate for each layer in `choices`: fewest predicted cycles with all constants within `budget` bytes,
    where these are `shared` together with the largest layer's buffers.

    Raises `PlanError` with the smallest size that any choice needs.
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
        raise PlanError(
            f"the network's {needs} {smallest:,} bytes of memory, {budget:,} are left beside code and activations: "
            "use a sparser or smaller network"
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


def _refusal(known: Iterable[Kernel], layer: Layer, machine: Machine, names: str) -> str:
    reasons = []
    for kernel in known:
        if not kernel.runs(layer):
            continue
        reason = kernels.fits(kernel, layer, machine, names) or "no tile of it fits the compute memory"
        reasons.append(f"{kernel.name}: {reason}")
    shapes = ", ".join(str(t.shape) for t in layer.inputs)
    detail = "; ".join(reasons) or "no kernel is made for it"
    return f"node {layer.name!r} ({layer.kind}, input {shapes}) cannot run on {machine.target.name}: {detail}"
