"""`nmcu prune`."""

import json
from pathlib import Path

import numpy as np
import pytest

import nmcu
from networks import conv_linear
from nmcu import graph, operators
from nmcu.cli import main
from nmcu.errors import NmcuError
from nmcu.graph import reference

RESNET8 = Path(__file__).parents[2] / "examples" / "models" / "resnet8_dense.onnx"


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


@pytest.mark.parametrize(
    ("pattern", "isa", "gains"),
    [
        ("2:4", "xcv", False),
        ("3:12", "xcv", False),
        ("1:3", "xcv", False),
        ("1:8", "xcv", True),
        ("2:4", "rv32", True),
    ],
)
def test_a_pattern_that_gains_nothing_is_pruned_to_with_a_sentence(
    pattern: str, isa: str, gains: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    sparse = tmp_path / "sparse.onnx"
    assert prune(RESNET8, "--pattern", pattern, "--isa", isa, "-o", sparse, "--json") == 0
    out, err = capfd.readouterr()
    assert json.loads(out)["pattern"] == pattern
    told = [line for line in err.splitlines() if "no speed" in line]
    assert len(told) == (0 if gains else 1)
    assert all(
        f"nmcu: {pattern} gains no speed on cluster8 with {isa}: in layers 'stage1.conv1'" in t for t in told
    )
    with pytest.raises(SystemExit) as caught:
        main(["compile", str(sparse), "--isa", isa, "-o", str(tmp_path / "project"), "--json"])
    assert not caught.value.code
    assert capfd.readouterr().err.count("no speed on cluster8") == len(told)


def random_runs(model: Path, out: Path, count: int) -> list[dict[str, np.ndarray]]:
    """Inputs of `model`, which the .npz file `out` holds, too."""
    network = nmcu.load(model)
    name = network.border.model_inputs[0].name
    runs = [next(iter(graph.random_inputs(network, seed).values())) for seed in range(count)]
    np.savez(out, **{name: np.stack(runs)})
    return [{name: run} for run in runs]


def test_weights_are_chosen_and_fitted_on_data(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Nearer to the dense network than by magnitude, and the file is what was made."""
    runs = random_runs(RESNET8, tmp_path / "data.npz", 48)
    for out, more in (("plain.onnx", ()), ("fitted.onnx", ("--reconstruct", tmp_path / "data.npz"))):
        assert prune(RESNET8, "--pattern", "1:8", "-o", tmp_path / out, "--json", *more) == 0
        text, err = capfd.readouterr()
        text = json.loads(text)
        assert text["reconstructed"] is bool(more)
        assert ("nmcu eval measures it" if more else "a pruned network needs fine-tuning") in err
        assert len(text["verified"]) == 2

    def outputs(model: Path) -> np.ndarray:
        loaded = nmcu.load(model)
        return np.stack([next(iter(reference.run_model(loaded, feed).values())) for feed in runs[:8]])

    dense, plain, fitted = (outputs(p) for p in (RESNET8, tmp_path / "plain.onnx", tmp_path / "fitted.onnx"))
    assert np.square(fitted - dense).mean() < 0.5 * np.square(plain - dense).mean()


def test_fitted_weights_have_no_form_in_tflite(
    test_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model, out = test_data / "mlperf_tiny" / "resnet8_int8.tflite", tmp_path / "sparse.tflite"
    random_runs(model, tmp_path / "data.npz", 8)
    assert prune(model, "--pattern", "1:8", "--reconstruct", tmp_path / "data.npz", "-o", out) == 1
    assert ".onnx" in capfd.readouterr().err
    found = nmcu.prune(model, "1:8", reconstruct=tmp_path / "data.npz")
    with pytest.raises(NmcuError, match="have scales of their own"):
        found.save(out)
    assert not out.exists()
