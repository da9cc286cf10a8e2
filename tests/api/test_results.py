"""What the functions return prints, draws, saves and becomes a data frame."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from PIL import Image

import nmcu
from networks import conv_linear
from nmcu.errors import NmcuError
from nmcu.result import MOST_ROWS, Result

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """One of each kind, of a network with a hostile name in it."""
    images = tmp_path_factory.mktemp("images")
    for number in range(2):
        (images / str(number)).mkdir()
        pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).save(images / str(number) / "0.png")
    network = conv_linear(names=("conv", HOSTILE))
    pruned = nmcu.prune(network, "1:8", layers="*script*")
    program = nmcu.compile(pruned)
    report = nmcu.run(program)
    return {
        "inspection": nmcu.inspect(network),
        "pruned": pruned,
        "program": program,
        "report": report,
        "explanation": nmcu.explain(program, report),
        "accuracy": nmcu.evaluate(program, images),
        "verdict": _verdict(pruned, images / "pruned.onnx"),
    }


def _verdict(pruned: nmcu.Pruned, file: Path) -> Result:
    pruned.save(file)
    return nmcu.verify(file)


KINDS = ("inspection", "pruned", "program", "report", "explanation", "accuracy", "verdict")


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_prints_in_a_few_lines(results: dict[str, Any], kind: str) -> None:
    text, result = str(results[kind]), results[kind]
    assert 1 <= len(text.splitlines()) <= 6 and max(map(len, text.splitlines())) < 160
    assert repr(result) == f"<{type(result).__name__}: {text.splitlines()[0]}>"


@pytest.mark.parametrize("kind", KINDS)
def test_names_from_a_file_are_escaped_in_a_notebook(results: dict[str, Any], kind: str) -> None:
    html = results[kind]._repr_html_()
    assert "<table>" in html and "<script" not in html
    assert kind == "accuracy" or "&lt;script&gt;" in html


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_becomes_a_data_frame(results: dict[str, Any], kind: str) -> None:
    frame, rows = results[kind].to_frame(), results[kind].rows()
    assert len(frame) == len(rows) > 0
    assert not any(isinstance(value, dict) for value in frame.to_numpy().ravel())


def test_columns_have_numbers_to_count_with(results: dict[str, Any]) -> None:
    frame, report = results["report"].to_frame(), results["report"]
    assert frame["cycles"].sum() == report.cycles and frame["macs"].sum() == report.macs
    assert {"stalls.load_use", "spent.compute"} <= set(frame.columns)
    explained = results["explanation"].to_frame()
    assert explained[explained["chosen"]]["measured"].sum() <= report.cycles


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_saves_as_json_and_html(results: dict[str, Any], kind: str, tmp_path: Path) -> None:
    results[kind].save(tmp_path / "new" / "x.json")
    assert json.loads((tmp_path / "new" / "x.json").read_text()) == json.loads(
        json.dumps(results[kind].to_json())
    )
    results[kind].save(str(tmp_path / "x.html"))
    page = (tmp_path / "x.html").read_text()
    assert page.startswith("<!DOCTYPE html>") and "default-src 'none'" in page and "<script" not in page


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_that_there_is_not_is_refused(results: dict[str, Any], kind: str, tmp_path: Path) -> None:
    with pytest.raises(NmcuError, match=r"a name that ends in \.json or \.html"):
        results[kind].save(tmp_path / "x.xlsx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("part", ["graph", "plan", "program"])
def test_parts_of_a_result_do_not_flood_a_prompt(results: dict[str, Any], part: str) -> None:
    assert len(repr(getattr(results["program"], part))) < 200
    assert all(len(repr(layer)) < 200 for layer in results["inspection"].layers)


def test_a_pruned_model_saves_as_onnx(results: dict[str, Any], tmp_path: Path) -> None:
    results["pruned"].save(tmp_path / "sparse.onnx")
    onnx.checker.check_model(onnx.load(tmp_path / "sparse.onnx"))
    pattern = {layer["name"]: layer["pattern"] for layer in nmcu.inspect(tmp_path / "sparse.onnx").rows()}
    assert pattern[HOSTILE].startswith("1:8")


def test_folders_hold_what_the_commands_write(results: dict[str, Any], tmp_path: Path) -> None:
    results["program"].save(tmp_path / "project")
    assert {"Makefile", "conv_linear.c", "plan.json"} <= {p.name for p in (tmp_path / "project").iterdir()}
    results["program"].save(tmp_path / "program.elf")
    assert (tmp_path / "program.elf").read_bytes() == results["program"].image.elf
    results["report"].save(tmp_path / "results")
    assert (tmp_path / "results" / "outputs" / "logits.npy").is_file()
    with (tmp_path / "project" / "main.c").open("a") as file:
        file.write("/* mine */\n")
    with pytest.raises(NmcuError, match=r"main\.c was changed since nmcu wrote it"):
        results["program"].save(tmp_path / "project")
    results["program"].save(tmp_path / "project", force=True)
    assert "mine" not in (tmp_path / "project" / "main.c").read_text()


def test_what_is_compiled_is_planned_once(results: dict[str, Any]) -> None:
    for function in (nmcu.run, nmcu.explain):
        with pytest.raises(NmcuError, match="is compiled already, for cluster8 with xcv"):
            function(results["program"], target="cv32e40p")
    other = nmcu.run(conv_linear(seed=2, names=("a", "b")))
    with pytest.raises(NmcuError, match="other layers"):
        nmcu.explain(results["program"], other)


def test_layers_are_named_by_globs() -> None:
    network = conv_linear()
    for named in ("classifier", ["class*", "classifier"]):
        pruned = nmcu.prune(network, "1:8", layers=named)
        assert [row["reason"] for row in pruned.rows()] == ["not among the layers to prune", None]
    with pytest.raises(NmcuError, match="skip 'x' matches no layer"):
        nmcu.prune(network, "1:8", skip=["conv", "x"])
    with pytest.raises(NmcuError, match="'None' is not an N:M pattern"):
        nmcu.prune(network, None)  # type: ignore[arg-type]


def test_one_number_serves_all_channels(results: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(NmcuError, match=r"mean \(0\.5,\) and std \(0,\) are not possible"):
        nmcu.evaluate(results["program"], tmp_path, mean=0.5, std=0)
    with pytest.raises(NmcuError, match="one number or three are needed"):
        nmcu.evaluate(results["program"], tmp_path, mean=[0.5, 0.5])


def test_numbers_that_cannot_be_are_told(results: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(NmcuError, match="limit is 0; it must be at least 1"):
        nmcu.evaluate(results["program"], tmp_path, limit=0)
    with pytest.raises(NmcuError, match="limit is -1; it must be at least 1"):
        nmcu.verify(tmp_path / "model.onnx", data=tmp_path, limit=-1)
    with pytest.raises(NmcuError, match="seed is -1; it must not be negative"):
        nmcu.run(results["program"], seed=-1)


def test_a_program_is_simulated_by_names(results: dict[str, Any], tmp_path: Path) -> None:
    results["program"].save(tmp_path / "x.elf")
    result = nmcu.sim.simulate(tmp_path / "x.elf", "cluster8")
    assert result.exit_code == 0 and str(result).endswith("exit code 0")
    assert result.to_frame()["instructions"].sum() == result.instructions
    with pytest.raises(NmcuError, match=r"y\.elf cannot be read: No such file"):
        nmcu.sim.simulate(str(tmp_path / "y.elf"), "cluster8")


def test_without_pandas_there_is_one_sentence(
    results: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(NmcuError, match="pip install pandas"):
        results["accuracy"].to_frame()


class Long(Result):
    """More rows than a notebook shows."""

    def __str__(self) -> str:
        return "long"

    def to_json(self) -> list[Any]:
        return self.rows()

    def rows(self) -> list[dict[str, Any]]:
        return [{"number": n, "parts": {"a": 1}, "\x1b[31m": 0.5} for n in range(MOST_ROWS + 7)]


def test_a_notebook_is_not_flooded() -> None:
    html = Long()._repr_html_()
    assert html.count("<tr>") == MOST_ROWS + 1 and "7 more rows" in html
    assert "parts" not in html and "\x1b" not in html
    assert list(Long().to_frame().columns) == ["number", "parts.a", "\x1b[31m"]
