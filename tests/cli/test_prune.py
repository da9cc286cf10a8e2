"""`nmcu prune`."""

import json
from pathlib import Path

import pytest

from networks import conv_linear
from nmcu import operators
from nmcu.cli import main


def prune(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["prune", *map(str, arguments)])
    return int(caught.value.code or 0)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    operators.save(conv_linear(), tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


def test_named_layers_are_pruned_and_reported(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = model.parent / "new" / "sparse.onnx"
    assert prune(model, "--pattern", "1:8x4", "--layers", "classifier", "-o", out, "--json") == 0
    text, err = capfd.readouterr()
    rows = {row["name"]: row for row in json.loads(text)["layers"]}
    assert rows["classifier"]["pattern"] == "1:8x4"
    assert rows["conv"]["pattern"] is None and "not among" in rows["conv"]["reason"]
    assert "fine-tuning" in err
    assert out.exists()


def test_nothing_to_prune_is_an_error(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = model.with_name("sparse.onnx")
    assert prune(model, "--pattern", "1:8", "-o", out) == 1
    assert prune(model, "--pattern", "8:1", "-o", out) == 1
    assert prune(model, "--pattern", "1:8", "--skip", "nothing*", "-o", out) == 1
    assert prune(model, "--pattern", "1:8", "--layers", "nix*", "-o", out) == 1
    assert prune(model, "--pattern", "1:8", "-o", out.with_suffix(".tflite")) == 1
    err = capfd.readouterr().err
    assert "nothing to prune" in err and "8:1 is not an N:M pattern" in err
    assert (
        err.count("matches no layer with weights; there are: conv, classifier") == 2
        and "let it end in .onnx" in err
    )
    assert not out.exists()
