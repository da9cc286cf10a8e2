"""States from the command line: a sum that goes on from run to run."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from frontend import ort


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Half of a frame of four is added to a sum, which goes in and out; the output is three times the sum."""
    m = ort.FloatModel(1, 4)
    m.inputs += [helper.make_tensor_value_info("sum", TensorProto.FLOAT, (1, 4))]
    half = m.pair(m.node("Mul", m.pair("input", 1.0), m.constant(np.float32(0.5))), 0.5)
    total = m.pair(m.node("Add", half, m.pair("sum", 0.5)), 0.5)
    m.nodes.append(helper.make_node("Identity", [total], ["next"]))
    return m.save(
        tmp_path / "running.onnx", m.pair(m.node("Mul", total, m.constant(np.float32(3))), 1.5), "next"
    )


def test_a_sequence(nmcu: Any, model: Path, tmp_path: Path) -> None:
    frames = np.arange(12, dtype=np.float32).reshape(3, 1, 4)
    np.save(tmp_path / "frames.npy", frames)
    command = ("run", model, "--state", "sum=next", "--input", tmp_path / "frames.npy")
    value = nmcu(*command, "--json").json
    assert value["bit_exact"] and value["steps"] == 3 and value["verified"]["ok"]
    assert value["cycles"] == sum(layer["cycles"] for layer in value["layers"])
    found = [next(iter(step.values())) for step in value["step_outputs"]]
    np.testing.assert_array_equal(found, 1.5 * frames.cumsum(axis=0))
    lines = [line.split() for line in nmcu(*command, "--no-verify").out.splitlines()]
    assert ["3", "18", "22.5", "27", "31.5"] in lines


def test_what_a_model_has_and_what_is_made_of_it(nmcu: Any, model: Path, tmp_path: Path) -> None:
    value = nmcu("inspect", model, "--state", "sum=next", "--json").json
    assert [port["name"] for port in value["inputs"]] == ["input"] and value["states"][0]["bytes"] == 4
    assert (
        "state sum: int8 1x4, input sum and output next" in nmcu("inspect", model, "--state", "sum=next").out
    )
    out = tmp_path / "project"
    assert nmcu("compile", model, "--state", "sum=next", "-o", out, "--no-verify").code == 0
    header = (out / f"{model.stem}.h").read_text()
    assert f"{model.stem}_reset(void *arena);" in header and "1 state (4 bytes)" in header
    assert nmcu("verify", model, "--state", "sum=next", "--keep-state").code == 0


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (("--state", "sum"), 2, "'sum' is not IN=OUT"),
        (("--state", "sum=next", "--state", "sum=next"), 2, "input 'sum' is named twice"),
        (("--state", "total=next"), 1, "the model has no input 'total' that could be a state"),
        (("--state", "sum=next", "--steps", "99999999999"), 1, "at most 258,111 are supported"),
        (
            ("--state", "sum=next", "--steps", "2", "--input", "frames.npy"),
            1,
            "steps is 2, but inputs are given",
        ),
        (
            ("--state", "sum=next", "--input", "flat.npy"),
            1,
            "is float32 of shape (4,); it needs float32 of shape (1, 4), or of a sequence (steps, 1, 4)",
        ),
    ],
)
def test_what_is_refused(
    nmcu: Any,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    code: int,
    sentence: str,
) -> None:
    monkeypatch.chdir(model.parent)
    np.save("frames.npy", np.zeros((2, 1, 4), np.float32))
    np.save("flat.npy", np.zeros(4, np.float32))
    result = nmcu("run", model, *options)
    assert result.code == code and sentence in " ".join(result.err.split())
