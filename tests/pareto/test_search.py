"""Searching a small network: the same whoever does it, points that run as they are stated, bounds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nmcu
from networks import conv_linear
from nmcu import graph
from nmcu.errors import NmcuError
from nmcu.graph import digest, reference
from nmcu.layerwise import Reconstruction, Samples, Score, Variant
from nmcu.pareto import Assignment, Measured, Networks
from nmcu.pareto.refine import front, instead, refine, thinned
from nmcu.sparsity import NMPattern

pytest.importorskip("optuna", reason="needs the extra search")
COUNT = 30
PATTERNS = ("1:4", "1:8", "1:8x4")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs of `conv_linear`, with its own answers as classes, a few of them wrong."""
    network = conv_linear()
    feeds = [graph.random_inputs(network, seed) for seed in range(COUNT)]
    arrays = {name: np.stack([feed[name] for feed in feeds]) for name in feeds[0]}
    answers = (next(iter(reference.run_model(network, feed).values())) for feed in feeds)
    labels = np.array([int(np.argmax(answer)) for answer in answers])
    labels[::7] = (labels[::7] + 1) % 10
    file = tmp_path_factory.mktemp("data") / "data.npz"
    np.savez(file, **arrays, label=labels)
    return file


def _search(data: Path, **options: Any) -> nmcu.Front:
    given = {"limit": 20, "held_out": 10, "trials": 4, "jobs": 1, "layers": "*"} | options
    return nmcu.search(conv_linear(), data, PATTERNS, **given)


def test_what_is_found_does_not_depend_on_who_does_it(data: Path) -> None:
    assert _search(data).to_json() == _search(data, jobs=2).to_json()


@pytest.mark.parametrize("reconstruct", [False, True])
def test_points_run_as_they_are_stated(data: Path, tmp_path: Path, reconstruct: bool) -> None:
    found = _search(data, reconstruct=data if reconstruct else None)
    assert found.to_json()["reconstructed"] == reconstruct
    found.save(tmp_path / "out")
    inputs = np.load(data)
    stated = found.to_json()
    assert {each["name"] for each in stated["uniform"]} == {"dense", *PATTERNS}
    for point in stated["points"]:
        loaded = nmcu.load(tmp_path / "out" / point["file"])
        assert nmcu.run(loaded, inputs["image"][0]).cycles == point["cycles"]
        outputs = [next(iter(reference.run_model(loaded, {"image": x}).values())) for x in inputs["image"]]
        right = [int(np.argmax(y)) == label for y, label in zip(outputs, inputs["label"], strict=True)]
        assert point["seen"]["top1"] == pytest.approx(100 * np.mean(right[:20]), abs=1e-3)
        assert point["unseen"]["top1"] == pytest.approx(100 * np.mean(right[20:]), abs=1e-3)
        assert set(point["patterns"]) <= {"classifier"}
    cycles = [point["cycles"] for point in stated["points"]]
    assert cycles == sorted(cycles, reverse=True)


def test_what_was_fitted_is_not_fitted_again(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NMCU_CACHE", str(tmp_path))
    network = conv_linear()
    with np.load(data) as arrays:
        samples = Samples({"image": arrays["image"]}, None)
    assignment = Assignment.by_layer({"classifier": "1:4"})
    first = Networks(network, Reconstruction(network, samples))(assignment)
    monkeypatch.setattr(Reconstruction, "fit", None)
    again = Networks(network, Reconstruction(network, samples))(assignment)
    assert digest.of_graph(again) == digest.of_graph(first)


def test_bounds_choose_a_point(data: Path) -> None:
    found = _search(data, trials=0)
    fastest = found.points[-1]
    assert _search(data, trials=0, max_cycles=fastest.cycles).chosen == fastest
    at_clock = 1000 * (fastest.cycles + 0.5) / found.clock_hz
    assert _search(data, trials=0, max_ms=at_clock).chosen == fastest
    exact = _search(data, trials=0, min_accuracy=found.points[0].seen.top1).chosen
    assert exact is not None and exact.seen.top1 == found.points[0].seen.top1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"max_cycles": 10}, r"keeps 10 cycles at most on cluster8: the nearest is .*, with [\d,]+ cycles"),
        ({"max_ms": 1e-9}, "0 cycles are not possible"),
        ({"min_accuracy": 100.0}, r"keeps top-1 of 100 % at least on cluster8: the nearest is .*, top-1"),
        ({"min_accuracy": 101.0}, "101 % is not possible"),
        ({"min_accuracy": 50.0, "metric": "kl"}, "needs labels and the metric top1"),
        ({"max_flash": 1000}, "cluster8 has no flash"),
        ({"trials": -1}, "trials is -1"),
        ({"limit": 0}, "limit is 0"),
        ({"max_ms": float("nan")}, "max_ms is nan"),
        ({"max_ms": float("inf")}, "max_ms is inf"),
        ({"seed": -1}, "seed is -1; it must be 0 to 4294967295"),
        ({"reconstruct": "nothing.npz"}, "nothing.npz"),
        ({"scheduler": "nowhere"}, "no Dask scheduler answers at nowhere"),
        ({"skip": "*"}, "has no layer that can be pruned"),
    ],
)
def test_what_is_not_possible_is_one_sentence(data: Path, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(NmcuError, match=sentence):
        _search(data, **({"trials": 0} | options))


def test_the_command_writes_all_or_nothing(nmcu: Any, data: Path, tmp_path: Path) -> None:
    from nmcu.operators import save

    save(conv_linear(), tmp_path / "model.onnx")
    given = ("--data", data, "--limit", 20, "--held-out", 10, "--trials", 2, "--patterns", "1:4,1:8")
    out = tmp_path / "out"
    refused = nmcu("search", tmp_path / "model.onnx", *given, "-o", out, "--max-cycles", 3, "--jobs", 1)
    assert (refused.code, out.exists()) == (1, False)
    assert "the nearest is" in refused.err
    theirs = tmp_path / "theirs" / "front.json"
    theirs.parent.mkdir()
    theirs.write_text("theirs")
    kept = nmcu("search", tmp_path / "model.onnx", *given, "-o", theirs.parent, "--jobs", 1)
    assert (kept.code, theirs.read_text()) == (1, "theirs")
    assert "front.json is there already, which nmcu did not write" in kept.err
    done = nmcu("search", tmp_path / "model.onnx", *given, "-o", out, "--json", "--jobs", 1)
    assert done.code == 0, done.err
    assert done.json["verified"]["ok"]
    files = {file.name for file in out.iterdir()}
    assert files >= {"front.json", "front.png", *(point["file"] for point in done.json["points"])}


def test_a_front_is_what_nothing_beats() -> None:
    def measured(n: int, cycles: int, right: int, reason: str | None = None) -> Measured:
        variant = Variant(f"layer{n}", NMPattern(1, 8))
        return Measured(Assignment((variant,)), Score(10, right, 0.0, 0.0), cycles, reason=reason)

    found = [
        measured(0, 100, 9),
        measured(1, 90, 9),
        measured(2, 80, 8),
        measured(3, 85, 7),
        measured(4, 50, 3),
        measured(5, 0, 10, "does not fit"),
        measured(6, 78, 7),
    ]
    best = front(found, lambda m: -m.score.correct if m.score.correct else 0.0)
    assert [m.cycles for m in best] == [90, 80, 78, 50]
    assert [m.cycles for m in thinned(best, 3)] == [90, 78, 50]
    assert thinned(best, 9) == best
    wanted = [m.assignment for m in best if m.cycles == 80]
    assert [m.cycles for m in thinned(best, 3, wanted)] == [90, 80, 50]
    assert [m.cycles for m in thinned(best, 2, wanted)] == [90, 50]


def test_the_fastest_that_is_as_good() -> None:
    def measured(cycles: int, right: int) -> Measured:
        return Measured(Assignment(), Score(10, right, 0.0, 0.0), cycles)

    def wrong(m: Measured) -> float:
        return 10.0 - (m.score.correct or 0)

    best = [measured(90, 9), measured(80, 8), measured(50, 3)]
    assert instead(best, measured(100, 8), wrong) is best[1]
    assert instead(best, measured(40, 2), wrong) is best[2]
    assert instead(best, measured(100, 10), wrong) is None


def test_a_start_with_what_is_no_choice_is_known_only() -> None:
    """As a pattern everywhere is in a layer where it gains nothing."""

    def evaluate(wanted: Sequence[Assignment]) -> list[Measured]:
        return [Measured(each, Score(10, 5, len(each.each), 0.0), 100 - len(each.each)) for each in wanted]

    starts = evaluate([Assignment(), Assignment((Variant("a", NMPattern(1, 4)),))])
    choices = {"a": ["dense", "1:8"], "b": ["dense", "1:8"]}
    found = refine(evaluate, choices, starts, 8, lambda each: 100 - (each.score.top1 or 0))
    assert {str(each.assignment.patterns) for each in found} == {
        "{}",
        "{'a': '1:4'}",
        "{'a': '1:8'}",
        "{'b': '1:8'}",
        "{'a': '1:8', 'b': '1:8'}",
    }
