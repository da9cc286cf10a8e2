"""`nmcu sensitivity`."""

import json
from pathlib import Path

import numpy as np
import pytest

from networks import conv_linear
from nmcu import graph, operators
from nmcu.cli import main


def sensitivity(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["sensitivity", *map(str, arguments), "--no-verify"])
    return int(caught.value.code or 0)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    network = conv_linear()
    operators.save(network, tmp_path / "model.onnx")
    images = [next(iter(graph.random_inputs(network, seed).values())) for seed in range(3)]
    np.savez(tmp_path / "data.npz", image=np.stack(images), label=np.array([1, 2, 3]))
    return tmp_path / "model.onnx"


def test_a_table_a_picture_and_json(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data, picture = model.with_name("data.npz"), model.with_name("map.svg")
    arguments = (model, "--data", data, "--patterns", "1:4,1:8", "--metric", "kl")
    assert sensitivity(*arguments, "--picture", picture, "--jobs", 1) == 0
    assert "divergence" in capfd.readouterr().out
    assert picture.read_bytes().startswith(b"<?xml")
    assert sensitivity(*arguments, "--json") == 0  # in two processes, from the cache
    found = json.loads(capfd.readouterr().out)
    (layer,) = found["layers"]
    assert [row["pattern"] for row in layer["patterns"]] == ["1:4", "1:8"]
    assert all(row["loss"] == row["kl"] > 0 for row in layer["patterns"])
    assert all(row["predicted_cycles"] <= found["predicted_cycles"] for row in layer["patterns"])


@pytest.mark.parametrize(
    ("more", "sentence", "code"),
    [
        (["--patterns", "4:1"], "4:1 is not an N:M pattern", 1),
        (["--patterns", "1:4", "--layers", "conv"], "has no layer that can be pruned", 1),
        (["--picture", "map.jpg"], "cannot draw to map.jpg", 1),
        (["--metric", "f1"], "unknown metric 'f1'", 2),
    ],
)
def test_what_is_not_possible_is_one_sentence(
    more: list[str], sentence: str, code: int, model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = sorted(model.parent.iterdir())
    assert sensitivity(model, "--data", model.with_name("data.npz"), *more) == code
    out, err = capfd.readouterr()
    assert sentence in " ".join(err.split()) and not out
    assert sorted(model.parent.iterdir()) == before
