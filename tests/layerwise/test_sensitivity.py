"""Sensitivity against evaluating each pruned network anew."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nmcu
from networks import conv, conv_linear
from nmcu import graph
from nmcu.errors import NmcuError
from nmcu.graph import Graph, reference
from nmcu.graph.prune import prune
from nmcu.sparsity import NMPattern

PATTERNS = ("1:4", "1:8x4")
COUNT = 70  # more than a piece


def data(network: Graph, folder: Path, labelled: bool = True) -> Path:
    feeds = [graph.random_inputs(network, seed) for seed in range(COUNT)]
    arrays = {name: np.stack([feed[name] for feed in feeds]) for name in feeds[0]}
    if labelled:
        outputs = [next(iter(reference.run_model(network, feed).values())) for feed in feeds]
        labels = np.array([int(np.argmax(output)) for output in outputs])
        labels[::3] = (labels[::3] + 1) % 10
        arrays["label"] = labels
    np.savez(folder / "data.npz", **arrays)
    return folder / "data.npz"


def anew(network: Graph, file: Path, layer: str, pattern: str) -> dict[str, float]:
    """The same from scratch: the pruned network and the unpruned one on each sample, in plain NumPy."""
    changed = prune(network, {layer: NMPattern.parse(pattern)})
    arrays = np.load(file)
    right, kl, mse = 0, 0.0, 0.0
    for number in range(COUNT):
        feed = {name: arrays[name][number] for name in arrays.files if name != "label"}
        q, p = (next(iter(reference.run_model(g, feed).values())).astype(float) for g in (changed, network))
        right += int(np.argmax(q)) == arrays["label"][number]
        ours, theirs = (np.exp(v - v.max()) / np.exp(v - v.max()).sum() for v in (q, p))
        kl += float((theirs * np.log(theirs / ours)).sum())
        mse += float(((q - p) ** 2).mean())
    return {"top1": 100 * right / COUNT, "kl": kl / COUNT, "mse": mse / COUNT}


def test_is_what_evaluating_each_network_anew_gives(tmp_path: Path) -> None:
    network = conv_linear()
    file = data(network, tmp_path)
    found = nmcu.sensitivity(network, file, PATTERNS, jobs=1)
    assert (found.metric, found.samples) == ("top1", COUNT)
    assert [layer.name for layer in found.layers] == ["classifier"]  # the convolution has three channels
    (layer,) = found.layers
    for pattern in PATTERNS:
        pruned = layer.at(pattern)
        assert pruned is not None
        wanted = anew(network, file, layer.name, pattern)
        assert {m: pruned.score.value(m) for m in ("top1", "kl", "mse")} == pytest.approx(wanted)
        assert found.loss(pruned) == pytest.approx(found.unchanged.top1 - wanted["top1"])
        plan = nmcu.compile(prune(network, {layer.name: NMPattern.parse(pattern)})).plan
        assert pruned.predicted == plan.predicted_cycles
        (planned,) = (each for each in plan.layers if each.name == layer.name)
        assert pruned.cost is not None
        assert (pruned.cost.cycles, pruned.cost.constant_bytes) == (planned.cycles, planned.constant_bytes)


def test_measured_cycles_are_the_simulators(tmp_path: Path) -> None:
    network = conv_linear()
    found = nmcu.sensitivity(network, data(network, tmp_path), ["1:8"], measure=True, limit=2, jobs=1)
    (pruned,) = found.layers[0].pruned
    image = np.load(tmp_path / "data.npz")["image"][0]
    program = nmcu.compile(prune(network, {"classifier": NMPattern(1, 8)}))
    assert pruned.measured == nmcu.run(program, image).cycles
    assert pruned.predicted == program.plan.predicted_cycles


def test_what_was_computed_once_is_not_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a run that ended early, and of one with other patterns, only what is missing is computed."""
    monkeypatch.setenv("NMCU_CACHE", str(tmp_path / "cache"))
    network = conv_linear()
    file = data(network, tmp_path)
    runs: list[int] = []
    many = reference.many

    def counted(network: Graph, feeds: Any) -> Any:
        runs.append(len(next(iter(feeds.values()))))
        return many(network, feeds)

    monkeypatch.setattr(reference, "many", counted)
    nmcu.sensitivity(network, file, ["1:4"], jobs=1, limit=64)
    assert sum(runs) == 64
    first = nmcu.sensitivity(network, file, ["1:4"], jobs=1)
    assert sum(runs) == COUNT
    again = nmcu.sensitivity(network, file, ["1:4"], jobs=1)
    assert sum(runs) == COUNT
    assert again.to_json() == first.to_json()


def test_data_without_labels_diverge(tmp_path: Path) -> None:
    network = conv_linear()
    file = data(network, tmp_path, labelled=False)
    found = nmcu.sensitivity(network, file, PATTERNS, jobs=1)
    assert found.metric == "kl"
    assert found.unchanged.top1 is None
    assert all(found.loss(pruned) > 0 for layer in found.layers for pruned in layer.pruned)
    with pytest.raises(
        NmcuError, match=r"data.npz has no labels, which the metric top1 needs: give labelled data"
    ):
        nmcu.sensitivity(network, file, PATTERNS, metric="top1", jobs=1)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"patterns": ["8:4"]}, "8:4 is not an N:M pattern"),
        ({"patterns": ["dense"]}, "'dense' is not an N:M pattern: write it as"),
        ({"patterns": []}, "no pattern is given"),
        (
            {"patterns": ["1:9"], "layers": "conv"},
            "no layer that can be pruned: conv: 3 input channels, blocks of 9",
        ),
        ({"layers": "nothing*"}, "'nothing\\*' matches no layer with weights; there are: conv, classifier"),
        ({"skip": "classifier"}, "has no layer that can be pruned: conv: 3 input channels, blocks of 4"),
        ({"metric": "top5"}, "unknown metric 'top5'; known: top1, kl, mse"),
        ({"limit": 0}, "limit is 0; it must be at least 1"),
    ],
)
def test_what_is_not_possible_is_one_sentence(given: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    network = conv_linear()
    arguments = {"patterns": ["1:4"], "jobs": 1, **given}
    with pytest.raises(NmcuError, match=sentence):
        nmcu.sensitivity(network, data(network, tmp_path), **arguments)


def test_data_that_do_not_fit_are_one_sentence(tmp_path: Path) -> None:
    network = conv_linear()
    file = data(network, tmp_path)
    with pytest.raises(NmcuError, match=r"the model's inputs are 'map'"):
        nmcu.sensitivity(conv(4, 16), file, ["1:4"], jobs=1)
    arrays = dict(np.load(file))
    np.savez(tmp_path / "wrong.npz", **{**arrays, "label": arrays["label"] + 50})
    with pytest.raises(NmcuError, match=r"the data have label 5\d, the model's classes are 0 to 9"):
        nmcu.sensitivity(network, tmp_path / "wrong.npz", ["1:4"], jobs=1)
    with pytest.raises(NmcuError, match=r"nothing\.parquet cannot be read"):
        nmcu.sensitivity(network, tmp_path / "nothing.parquet", ["1:4"], jobs=1)


def test_is_saved_and_drawn(tmp_path: Path) -> None:
    network = conv_linear()
    found = nmcu.sensitivity(network, data(network, tmp_path), PATTERNS, jobs=1, limit=3)
    assert "most sensitive: classifier, which costs" in str(found)
    assert len(found.rows()) == len(PATTERNS)
    for name in ("s.json", "s.html", "s.svg", "s.png"):
        found.save(tmp_path / name)
    drawn = (tmp_path / "s.svg").read_bytes()
    found.save(tmp_path / "again.svg")
    assert b"<svg" in drawn
