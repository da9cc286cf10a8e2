"""`nmcu verify`, and its short form in other commands."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from frontend import ort
from nmcu.frontend.lower import pool
from nmcu.judge import Crashed, Judge

MODEL = Path(__file__).parents[2] / "examples" / "models" / "resnet8_1x8.onnx"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    m = ort.FloatModel(1, 4, 6, 6)
    x = m.pair("input", 0.05, 3)
    x = m.pair(m.node("Conv", x, m.integers(8, 4, 3, 3)), 0.1, -7)
    m.pair(m.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]), 0.1, -7)
    return m.save(tmp_path / "small.onnx")


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The reader gives max pooling windows that start one row and column early."""
    right = pool.maximum

    def early(b: Any, name: str, x: Any, y: Any, kernel: Any, strides: Any, pads: Any = None) -> Any:
        return right(b, name, x, y, kernel, strides, (1, 1, 0, 0))

    monkeypatch.setenv("NMCU_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pool, "maximum", early)


def test_a_model_that_agrees(nmcu: Any, small: Path, tmp_path: Path) -> None:
    result = nmcu("verify", small)
    assert result.code == 0
    assert "agrees with ONNX Runtime" in result.out and "on 20 inputs" in result.out
    assert "maxpool" in result.out
    np.savez(tmp_path / "x.npz", input=np.zeros((3, 1, 4, 6, 6), np.float32))
    value = nmcu("verify", small, "--inputs", tmp_path / "x.npz", "--json").json
    assert value["ok"] is True and value["checked"] is True and value["inputs"] == 20
    assert value["fault"] is None
    assert {layer["op"] for layer in value["layers"]} == {"quantize", "conv", "maxpool", "dequantize"}


@pytest.mark.parametrize("command", ["verify", "run", "compile"])
def test_a_layer_that_is_read_wrong_is_named(
    nmcu: Any, small: Path, tmp_path: Path, wrong: None, command: str
) -> None:
    result = nmcu(command, small, *(("-o", tmp_path / "c") if command == "compile" else ()))
    assert result.code == 1
    (sentence,) = result.err.splitlines()
    assert "small.onnx: differs from ONNX Runtime" in sentence
    assert "on input 1 (the whole range) layer 'MaxPool_" in sentence
    assert "at most 0 are right" in sentence
    if command == "compile":
        assert (tmp_path / "c" / "Makefile").exists()


def test_the_short_form_is_in_the_report_and_its_result_is_kept(
    nmcu: Any, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NMCU_CACHE", str(tmp_path / "cache"))
    out = tmp_path / "out"
    value = nmcu("run", small, "--json", "--out", out).json
    assert value["verified"]["ok"] is True
    assert value["verified"]["model"] == "small.onnx"
    assert "agrees with ONNX Runtime" in (out / "report.html").read_text()
    monkeypatch.setattr(Judge, "run", None)  # is not asked again
    assert "reading: agrees with ONNX Runtime" in nmcu("run", small).out
    assert nmcu("run", small, "--json", "--no-verify").json["verified"] is None


def test_a_judge_that_crashes_fails_no_run(
    nmcu: Any, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*arguments: object, **options: object) -> None:
        raise Crashed("ONNX Runtime crashed (signal SIGSEGV)")

    monkeypatch.setenv("NMCU_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Judge, "run", crash)
    result = nmcu("compile", small, "-o", tmp_path / "c")
    assert result.code == 0
    assert "reading: not checked against ONNX Runtime" in result.out and "crashed" in result.out
    result = nmcu("verify", small)
    assert result.code == 1
    assert "small.onnx: not checked" in result.err


def test_without_the_runtime_a_sentence_says_how_to_install_it(
    nmcu: Any, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nmcu.judge.runtime._found", lambda module: False)
    result = nmcu("prune", MODEL, "--pattern", "1:8", "-o", tmp_path / "p.onnx")
    assert result.code == 0
    assert " ".join(result.out.split()).count("not checked against ONNX Runtime: it is not installed") == 2
    assert "pip install 'nmcu[verify]'" in " ".join(result.out.split())


def test_pruning_verifies_what_it_read_and_what_it_wrote(nmcu: Any, tmp_path: Path) -> None:
    value = nmcu("prune", MODEL, "--pattern", "1:16", "-o", tmp_path / "p.onnx", "--json").json
    assert [(each["model"], each["ok"]) for each in value["verified"]] == [
        (MODEL.name, True),
        ("p.onnx", True),
    ]
    json.dumps(value)


def test_a_file_whose_weights_are_elsewhere_is_named(nmcu: Any, small: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved.onnx"
    onnx.save(onnx.load(small), moved, save_as_external_data=True, location="weights.bin", size_threshold=0)
    (tmp_path / "weights.bin").unlink()
    result = nmcu("verify", moved)
    assert result.code == 1
    assert result.err.startswith("nmcu: moved.onnx: constant '") and result.err.count("\n") == 1
