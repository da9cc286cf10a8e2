"""Random networks against the runtimes: fixed seeds, so that the same networks are tried in every run."""

import numpy as np
import pytest

from nmcu.bench.differential import Budget, Case, Summary, differential
from nmcu.bench.differential.keep import keep
from nmcu.bench.differential.kinds import strategy
from nmcu.bench.differential.outcome import Outcome, sentence
from nmcu.bench.differential.search import Searcher

NETWORKS = {"onnx": 400, "tflite": 600, "torch": 100}
UNJUDGED = 0.02
"""The share that a runtime refuses: CONCATENATION of several scales, say, whose meaning is clear all the same."""
REFUSED = {
    "tflite": (
        *("supported: equal ones", "fused activation", "quantised along axis"),
        *("times the output scale", "overflow", "needs more than", "equal ones are needed"),
    )
}
"""What the sentences of our reader say that are meant: a good network refused for another reason is a fault, too."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", NETWORKS)
def test_random_networks_agree_with_the_runtime(kind):
    if kind == "torch":
        pytest.importorskip("torch")
    found = differential([kind], Budget(seed=1, minutes=5, networks=NETWORKS[kind]))
    assert not [(f.key, f.case.text, f.outcome.text) for f in found.failures]
    assert found.table[kind].networks == NETWORKS[kind]
    meant = REFUSED.get(kind, ("",))
    assert not [key for key in found.table[kind].refusals if not any(words in key for words in meant)]
    assert found.table[kind].verdicts["unjudged"] <= UNJUDGED * NETWORKS[kind]


def _with_relu(case: Case, on_device: bool) -> Outcome:
    return Outcome("outside", 7, "a planted fault") if "Relu" in case.operators else Outcome("agrees")


def test_a_failure_is_shrunk_kept_and_the_search_goes_on(tmp_path):
    searcher = Searcher("onnx", strategy("onnx"), _with_relu, Summary(), {})
    searcher.run(seed=0, seconds=60, most=150)
    assert searcher.summary.networks == 150
    (failure,) = searcher.failures.values()
    assert searcher.summary.failed == {"a planted fault": searcher.summary.operators["Relu"]}
    assert failure.case.operators.count("Relu") == 1
    assert len(failure.case.operators) <= 8
    folder = keep(failure, tmp_path)
    assert (folder / "model.onnx").read_bytes() == failure.case.data
    with np.load(folder / "feed0.npz") as file:
        assert file["names"].tolist() == list(failure.case.feeds[0])
        assert np.array_equal(file["arr_0"], next(iter(failure.case.feeds[0].values())))


def test_sentences_of_different_networks_are_one():
    assert sentence("node 'a b' (Conv): 12 of 3.5e-7") == sentence("node 'c' (Conv): 1 of 2")
