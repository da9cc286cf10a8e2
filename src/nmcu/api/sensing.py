"""What pruning each layer alone does to a network."""

from __future__ import annotations  # signatures in help() as they are written here

from collections.abc import Hashable, Mapping, Sequence
from functools import reduce
from math import isfinite
from operator import add
from pathlib import Path
from typing import TypeVar

from nmcu import layerwise
from nmcu.api.comparing import SAMPLES
from nmcu.api.evaluating import Channels, per_channel
from nmcu.api.model import TARGET, Model, Stage, graph_of, name_of
from nmcu.errors import NmcuError
from nmcu.graph import Graph
from nmcu.graph.prune import Globs
from nmcu.host import Preprocessing
from nmcu.isa import InstructionSet
from nmcu.layerwise import (
    METRICS,
    Cost,
    LayerSensitivity,
    Metric,
    Pruned,
    Samples,
    Score,
    Sensitivity,
    Variant,
    Variants,
)
from nmcu.registry import Registry
from nmcu.sparsity import NMPattern
from nmcu.targets import Target
from nmcu.work import Failure, Progress, workers

PATTERNS = ("1:4", "1:8", "1:16", "1:4x4", "2:16x4", "1:8x4", "1:16x4")
"""Seven: how sparse, and whether four channels share positions."""
Case = TypeVar("Case", bound=Hashable)
Result = TypeVar("Result")


def sensitivity(
    model: Model,
    data: str | Path,
    patterns: Sequence[str | NMPattern] = PATTERNS,
    *,
    metric: Metric | None = None,
    layers: Globs | None = None,
    skip: Globs = (),
    limit: int | None = None,
    mean: Channels = None,
    std: Channels = None,
    target: str | Target = TARGET,
    isa: str | InstructionSet | None = None,
    measure: bool = False,
    reconstruct: str | Path | None = None,
    float_model: str | Path | None = None,
    jobs: int = 2,
    scheduler: str | None = None,
    registry: Registry | None = None,
    on_stage: Stage | None = None,
    on_piece: Progress | None = None,
) -> Sensitivity:
    """Each layer that can be pruned, at each of `patterns` alone: what becomes of the outputs over `data`, of cycles on
    `target` with `isa`, and of the weights' bytes.

    The smallest int8 weights of each block become zero; nothing is trained. `data` are images as `evaluate` takes them,
    or without labels, or an `.npz` file with an array for each input of the model, samples along its first axis, and
    classes in the array `label`; `limit` samples are used, `mean` and `std` are as of `evaluate`. `metric` is what a
    loss is: `top1`, points of accuracy (the default where there are labels); `kl`, the mean Kullback-Leibler divergence
    of the outputs from the unpruned network's; `mse`, the mean square of their difference. `layers` are globs of layers
    to look at (without it all), `skip` of those to leave out. `measure` simulates every network, too. With data to
    `reconstruct` from, of the same kinds, kept weights are fitted to the dense layer's result on them, layer by layer;
    with a `float_model`, an ONNX file, each layer has its signal-to-noise from `compare`. A model's states are as after
    a reset before each sample.

    What lies before the pruned layer is computed once. Results are kept in the cache piece by piece: what is begun
    again goes on where it ended. `jobs` processes do it; more than one need a script that can be imported
    (`if __name__ == "__main__":`), and find what is installed: with a `registry` of your own it is always one;
    with a `scheduler` those of a Dask cluster do it.
    `on_stage` is told what is being done, `on_piece` how many pieces of how many are. Raises a `NmcuError` for what
    does not fit.
    """
    for name, number in (("limit", limit), ("jobs", jobs)):
        if number is not None and number < 1:
            raise NmcuError(f"{name} is {number}; it must be at least 1")
    wanted = _patterns(patterns)
    known, say = registry or Registry.installed(), on_stage or (lambda stage: None)
    chip = known.target(target)
    instructions = known.isa_for(chip, isa)
    say("reading")
    graph = graph_of(model, known)
    variants = layerwise.find(graph, name_of(model), wanted, layers, skip)
    preprocessing = Preprocessing.of(graph, per_channel(mean), per_channel(std))
    pieces = list(layerwise.read(graph, Path(data), limit, preprocessing))
    chosen = metric_for(metric, graph, pieces, Path(data))
    noise = {}
    if float_model is not None:
        say("comparing")
        first = (piece.part(0, SAMPLES) for piece in pieces[:1])
        compared = layerwise.compare(graph, name_of(model), layerwise.read_float(Path(float_model)), first)
        noise = {layer.name: layer.snr_db for layer in compared.layers if isfinite(layer.snr_db)}
    if reconstruct is not None:
        say("reconstructing")
        calibration = layerwise.read(
            graph, Path(reconstruct), layerwise.RECONSTRUCTION_SAMPLES, preprocessing
        )
        variants = layerwise.reconstructed(variants, calibration)
    feeds = graph.border.encode(pieces[0].one(0)) if measure else None
    costs = layerwise.Costs(variants, chip, instructions, feeds, registry)

    tell, total = on_piece or (lambda done, total, last: None), len(pieces) + len(variants.each) + 1
    with workers(jobs, scheduler) if registry is None else workers(1) as pool:
        say("evaluating")
        evaluation = layerwise.Evaluation(variants)
        scores = _all(pool.run(evaluation, pieces, lambda n, _, last: tell(n, total, last)))
        say("simulating" if measure else "predicting")
        found = _all(
            pool.run(
                costs,
                [None, *variants.each],
                lambda n, _, last: tell(len(pieces) + n, total, "" if last == "None" else last),
            )
        )
    summed = [reduce(add, parts) for parts in zip(*scores.values(), strict=True)]
    return Sensitivity(
        model=name_of(model),
        metric=chosen,
        patterns=wanted,
        unchanged=summed[0],
        layers=_layers(variants, dict(zip(variants.each, summed[1:], strict=True)), found, noise),
        target=chip.name,
        isa=str(instructions),
        predicted=found[None].predicted,
        measured=found[None].measured,
    )


def _patterns(patterns: Sequence[str | NMPattern]) -> tuple[NMPattern, ...]:
    given = (patterns,) if isinstance(patterns, str | NMPattern) else tuple(patterns)
    if not given:
        raise NmcuError("no pattern is given: name at least one, as 1:8")
    parsed = (p if isinstance(p, NMPattern) else NMPattern.parse(str(p)) for p in given)
    return tuple(dict.fromkeys(parsed))


def metric_for(metric: Metric | None, graph: Graph, pieces: Sequence[Samples], data: Path) -> Metric:
    """The metric that is wanted, or the first that is possible."""
    scorer = layerwise.Scorer(graph)
    labelled = all(piece.labels is not None for piece in pieces)
    possible = [m for m in METRICS if scorer.refusal(m) is None and (labelled or m != "top1")]
    if metric is not None and metric not in METRICS:
        raise NmcuError(f"unknown metric {metric!r}; known: {', '.join(METRICS)}")
    first: Metric = next(iter(possible), "mse")
    chosen = metric or first
    if (reason := scorer.refusal(chosen)) is not None:
        raise NmcuError(f"the metric {chosen} is not possible: {reason}")
    if chosen not in possible:
        raise NmcuError(
            f"{data} has no labels, which the metric top1 needs: give labelled data, or take kl or mse, which "
            "compare with the unpruned network"
        )
    if "top1" in possible:
        for piece in pieces:
            assert piece.labels is not None
            scorer.check(piece.labels)
    return chosen


def _all(measured: tuple[dict[Case, Result], list[Failure]]) -> dict[Case, Result]:
    """The results, all of them; raises the first failure."""
    results, failures = measured
    if failures:
        raise NmcuError(failures[0].message)
    return results


def _layers(
    variants: Variants,
    scores: Mapping[Variant, Score],
    costs: Mapping[Variant | None, Cost],
    noise: Mapping[str, float],
) -> tuple[LayerSensitivity, ...]:
    found: dict[str, list[Pruned]] = {}
    for variant in variants.each:
        cost = costs[variant]
        pruned = Pruned(
            variant.pattern,
            scores[variant],
            cost.predicted,
            cost.measured,
            cost.layers.get(variant.layer),
            cost.reason,
        )
        found.setdefault(variant.layer, []).append(pruned)
    return tuple(
        LayerSensitivity(
            layer.name,
            layer.kind,
            layer.macs,
            tuple(found[layer.name]),
            costs[None].layers.get(layer.name),
            noise.get(layer.name),
        )
        for layer in variants.graph.layers
        if layer.name in found
    )
