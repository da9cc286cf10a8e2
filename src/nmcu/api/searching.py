"""Which pattern in which layer."""

from __future__ import annotations  # signatures in help() as they are written here

from collections.abc import Sequence
from functools import partial
from math import isfinite
from pathlib import Path

from nmcu import layerwise, pareto
from nmcu.api.evaluating import Channels, per_channel
from nmcu.api.model import TARGET, Model, Stage, graph_of, name_of
from nmcu.api.pruning import reconstruction_from
from nmcu.api.sensing import PATTERNS, metric_for, sensitivity
from nmcu.errors import NmcuError
from nmcu.graph import Graph, ops
from nmcu.graph.prune import Globs, choose
from nmcu.host import Preprocessing
from nmcu.isa import InstructionSet
from nmcu.layerwise import Metric, Samples, Variant
from nmcu.pareto import Assignment, Budget, Front, Measure, Measured, Networks, Point, Surrogate
from nmcu.pareto.front import loss
from nmcu.pareto.refine import front, instead, refine, thinned
from nmcu.registry import Registry
from nmcu.sparsity import NMPattern
from nmcu.targets import Role, Target
from nmcu.work import Progress, Workers, workers

SAMPLES = 2000
"""For the search, and as many for the statement, where nobody says."""
SEEDS = 2**32
"""Of Optuna's samplers."""
SAMPLED = 4
"""One in so many of the trials is Optuna's: it finds what no sum tells."""
OPTIMA = 16
"""Bounds on cycles for which the additive model is solved."""


def search(
    model: Model,
    data: str | Path,
    patterns: Sequence[str | NMPattern] = PATTERNS,
    *,
    target: str | Target = TARGET,
    isa: str | InstructionSet | None = None,
    max_cycles: int | None = None,
    max_ms: float | None = None,
    max_flash: int | None = None,
    min_accuracy: float | None = None,
    metric: Metric | None = None,
    layers: Globs | None = None,
    skip: Globs = (),
    limit: int = SAMPLES,
    held_out: int = SAMPLES,
    mean: Channels = None,
    std: Channels = None,
    reconstruct: str | Path | None = None,
    trials: int = 64,
    points: int = 12,
    seed: int = 0,
    jobs: int = 2,
    scheduler: str | None = None,
    registry: Registry | None = None,
    on_stage: Stage | None = None,
    on_piece: Progress | None = None,
) -> Front:
    """Which of `patterns`, or none, each layer of a network should have: the best trade-offs of accuracy against cycles
    on `target` with `isa`, and the one that keeps the bounds given, if any.

    First the exact optimum of the additive model (what each layer costs alone, as `sensitivity` finds it, summed) at
    several bounds on cycles, then up to `trials` more assignments: optima of the model fitted to what was evaluated
    before, and Optuna's proposals. Each is really evaluated, on the first `limit` samples of `data` and on the
    simulator. What comes out, `points` at most, is stated on the next `held_out` samples, which the search did not see
    (of fewer samples, half each). Nothing is trained: `Point.patterns` is what `nmcu.train.sparsify` takes,
    `Front.network` the pruned network. Results are the same for the same `seed`, whatever `jobs` and `scheduler`, and
    kept in the cache as they come.

    Of the bounds `max_cycles`, `max_ms` (at the target's clock), `max_flash` (bytes) and `min_accuracy` (per cent of
    the samples that the search saw) the last one makes the fastest point chosen, the others that of least loss.
    `metric`, `layers`, `skip`, `mean`, `std` and `on_piece` are as of `sensitivity`. With data to `reconstruct` from,
    the kept weights of every network are fitted on them, each layer behind those that were fitted. Raises a `NmcuError`
    for what does not fit, and with the best that was found where nothing keeps the bounds.
    """
    for name, number in (("limit", limit), ("held_out", held_out), ("points", points), ("jobs", jobs)):
        if number < 1:
            raise NmcuError(f"{name} is {number}; it must be at least 1")
    if trials < 0:
        raise NmcuError(f"trials is {trials}; it must be 0 or more")
    if not 0 <= seed < SEEDS:
        raise NmcuError(f"seed is {seed}; it must be 0 to {SEEDS - 1}")
    known, say = registry or Registry.installed(), on_stage or (lambda stage: None)
    chip = known.target(target)
    if max_ms is not None and not isfinite(max_ms):
        raise NmcuError(f"max_ms is {max_ms}; it must be a number of milliseconds")
    if max_ms is not None:
        max_cycles = min(int(max_ms * chip.clock_hz / 1000), max_cycles or int(max_ms * chip.clock_hz / 1000))
    budget = Budget(max_cycles, max_flash, min_accuracy)
    say("reading")
    graph = graph_of(model, known)
    _check_forms(graph, name_of(model))
    preprocessing = Preprocessing.of(graph, per_channel(mean), per_channel(std))
    pieces = list(layerwise.read(graph, Path(data), limit + held_out, preprocessing))
    chosen_metric = metric_for(metric, graph, pieces, Path(data))
    _check(budget, chosen_metric, chip, Path(data))
    seen, unseen = _split(pieces, limit, held_out, Path(data))
    isas = known.isa_for(chip, isa)
    one = graph.border.encode(seen[0].one(0))
    reconstruction = None
    if reconstruct is not None:
        reconstruction = reconstruction_from(graph, Path(reconstruct), preprocessing)
    networks = Networks(graph, reconstruction)
    measure, stating = (Measure(networks, each, chip, isas, one, registry) for each in (seen, unseen))
    found = sensitivity(
        graph,
        data,
        patterns,
        metric=chosen_metric,
        layers=layers,
        skip=skip,
        limit=sum(map(len, seen)),
        mean=mean,
        std=std,
        target=chip,
        isa=isas,
        reconstruct=reconstruct,
        jobs=jobs,
        scheduler=scheduler,
        registry=registry,
        on_stage=on_stage,
        on_piece=on_piece,
    )
    surrogate = Surrogate.of(found)
    everywhere = _everywhere(graph, found.patterns, layers, skip)
    lost = partial(_loss, chosen_metric)
    tell = on_piece or (lambda done, total, last: None)
    with workers(jobs, scheduler) if registry is None else workers(1) as pool:
        say("searching")
        evaluate = _Evaluate(pool, measure, tell, OPTIMA + 2 + len(everywhere) + trials)
        starts = evaluate(list(dict.fromkeys([*everywhere, *surrogate.front(OPTIMA)])))
        starts += evaluate(_within(surrogate, starts[0], budget, {each.assignment for each in starts}))
        beside = [each for each in starts[: len(everywhere)] if each.reason is None]
        choices = {
            layer: [pareto.DENSE, *(str(option.variant.pattern) for option in options)]
            for layer, options in surrogate.options.items()
        }
        evaluated = starts
        if trials and choices:
            count = trials - trials // SAMPLED
            evaluated = pareto.explored(evaluate, surrogate, starts, count, beside, lost)
            left = trials - len(evaluated) + len(starts)
            evaluated = refine(evaluate, choices, evaluated, left, lost, seed)
        best = budget.chosen(evaluated, lost, name_of(model), chip.name) if budget else None
        best_of = front(evaluated, lost)
        better = [instead(best_of, each, lost) for each in beside]
        kept = thinned(best_of, points, {each.assignment for each in better if each is not None})
        if best is not None and best.assignment not in {each.assignment for each in kept}:
            kept = sorted([*kept, best], key=lambda each: -each.cycles)
        say("stating")
        total = len(kept) + len(beside)
        stated = _Evaluate(pool, stating, tell, total)([each.assignment for each in (*kept, *beside)])
    named = [
        Point.of(f"point-{n + 1:02}" if n < len(kept) else str(each.assignment), each, there)
        for n, (each, there) in enumerate(zip((*kept, *beside), stated, strict=True))
    ]
    return Front(
        model=name_of(model),
        networks=networks,
        target=chip.name,
        isa=str(isas),
        clock_hz=chip.clock_hz,
        metric=chosen_metric,
        points=tuple(named[: len(kept)]),
        uniform=tuple(named[len(kept) :]),
        chosen=None
        if best is None
        else next(point for point in named if point.assignment == best.assignment),
        budget=budget,
        evaluated=len(evaluated),
    )


class _Evaluate:
    """Measures assignments on workers, in the order given, and tells how many of how many were."""

    def __init__(self, pool: Workers, measure: Measure, tell: Progress, total: int) -> None:
        self._pool, self._measure, self._tell, self._total = pool, measure, tell, total
        self._done = 0

    def __call__(self, wanted: Sequence[Assignment]) -> list[Measured]:
        """Raises `NmcuError` where one cannot be evaluated."""
        each = list(dict.fromkeys(wanted))
        before = self._done
        results, failures = self._pool.run(
            self._measure, each, lambda done, _, last: self._tell(before + done, self._total, last)
        )
        if failures:
            raise NmcuError(failures[0].message)
        self._done += len(each)
        return [results[assignment] for assignment in wanted]


def _loss(metric: Metric, measured: Measured) -> float:
    return loss(metric, measured.score)


def _check_forms(graph: Graph, name: str) -> None:
    """Refuse networks whose points could not be saved."""
    foreign = next((layer for layer in graph.layers if isinstance(layer.op, ops.Foreign)), None)
    if foreign is not None:
        raise NmcuError(
            f"{name}: node {foreign.name!r} is run by a fallback, which has no form in the model files that a search "
            "gives: let nmcu.sensitivity say which layers to prune, and prune them in the model itself"
        )


def _everywhere(
    graph: Graph, patterns: Sequence[NMPattern], layers: Globs | None, skip: Globs
) -> list[Assignment]:
    """The unpruned network, then each pattern in all layers that `nmcu prune` takes."""
    found = [Assignment()]
    for pattern in patterns:
        picked = [c.layer.name for c in choose(graph, pattern, layers, skip) if c.reason is None]
        found.append(Assignment(tuple(Variant(layer, pattern) for layer in picked)))
    return list(dict.fromkeys(found))


def _within(
    surrogate: Surrogate, unpruned: Measured, budget: Budget, known: set[Assignment]
) -> list[Assignment]:
    """The additive model's optima for the bounds themselves: once as it predicts cycles, once a little below."""
    if budget.max_cycles is None and budget.max_flash is None:
        return []
    saved = None if budget.max_flash is None else max(0, unpruned.flash_bytes - budget.max_flash)
    scale = surrogate.cycles / unpruned.cycles if unpruned.cycles else 1.0
    most = surrogate.cycles if budget.max_cycles is None else int(scale * budget.max_cycles)
    found = [surrogate.optimum(int(share * most), saved) for share in (1, 0.97)]
    return [each for each in dict.fromkeys(found) if each is not None and each not in known]


def _split(
    pieces: Sequence[Samples], limit: int, held_out: int, data: Path
) -> tuple[list[Samples], list[Samples]]:
    """Pieces of the first samples, for the search, and of those behind them, for the statement."""
    count = sum(map(len, pieces))
    if count < 2:
        raise NmcuError(f"{data} has one sample: a search needs one, and another one that it does not see")
    first = limit if count == limit + held_out else max(1, count * limit // (limit + held_out))
    seen, unseen = [], []
    for piece in pieces:
        cut = min(max(first - piece.first, 0), len(piece))
        seen += [piece.part(0, cut)] if cut else []
        unseen += [piece.part(cut, len(piece))] if cut < len(piece) else []
    return seen, unseen


def _check(budget: Budget, metric: Metric, target: Target, data: Path) -> None:
    """Raises `NmcuError` for a bound that means nothing here."""
    if budget.min_accuracy is not None and metric != "top1":
        raise NmcuError(
            f"a least accuracy of {budget.min_accuracy:g} % needs labels and the metric top1, for {data} it is {metric}"
        )
    if budget.min_accuracy is not None and not 0 <= budget.min_accuracy <= 100:
        raise NmcuError(f"a least accuracy of {budget.min_accuracy:g} % is not possible: 0 to 100 is")
    if budget.max_flash is not None and target.memory.find(Role.FLASH) is None:
        raise NmcuError(f"{target.name} has no flash: code and constants lie in RAM")
    for name, bound in (("cycles", budget.max_cycles), ("bytes of flash", budget.max_flash)):
        if bound is not None and bound < 1:
            raise NmcuError(f"{bound} {name} are not possible: 1 or more are")
