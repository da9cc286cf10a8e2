"""The commands: what they print, what they leave behind, how they end."""

import json
import lzma
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from networks import conv_linear
from nmcu import operators
from nmcu.graph import reference

NAME = "resnet8_dense"
MODEL = Path(__file__).parents[2] / "examples" / "models" / f"{NAME}.onnx"


def test_run_prints_a_table(nmcu: Any) -> None:
    result = nmcu("run", MODEL)
    assert result.code == 0
    assert (
        "stage2.conv1" in result.out
        and "bit-exact" in result.out
        and "instruction fetch is ideal" in result.out
    )
    assert result.err == ""


def test_what_is_in_the_way_of_results_is_found_before_the_run(
    nmcu: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plan.json").write_text("mine")
    monkeypatch.setattr("nmcu.run", None)  # is not called
    result = nmcu("run", MODEL, "--out", tmp_path)
    assert result.code == 1 and "plan.json is there already, which nmcu did not write" in result.err


def test_fit_ends_with_an_error_where_an_output_is_wrong(nmcu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = ("fit", MODEL, "--target", "cluster8", "--json")
    result = nmcu(*one)
    assert result.code == 0 and result.json["targets"][0]["bit_exact"] is True
    right = reference.run
    monkeypatch.setattr(reference, "run", lambda *to: {name: out ^ 1 for name, out in right(*to).items()})
    result = nmcu(*one)
    assert result.code == 1 and result.json["targets"][0]["bit_exact"] is False
    assert f"10 output values of {MODEL} on cluster8 differ from the reference" in result.err


def test_run_keeps_everything_it_made(nmcu: Any, tmp_path: Path) -> None:
    image = (
        np.random.default_rng(3)
        .normal(0, 1, operators.load(MODEL).border.model_inputs[0].shape)
        .astype(np.float32)
    )
    np.save(tmp_path / "image.npy", image)
    out = tmp_path / "deep" / "out"
    result = nmcu("run", MODEL, "--input", tmp_path / "image.npy", "--out", out, "--json", "--isa", "rv32")
    assert result.code == 0
    value = result.json
    assert value["bit_exact"] is True and value["mismatches"] == 0
    assert (value["model"], value["target"], value["isa"], value["sim"]) == (
        MODEL.name,
        "cluster8",
        "rv32",
        "iss",
    )
    assert value["cores"] == 8
    assert value["cycles"] == sum(layer["cycles"] for layer in value["layers"])
    assert value["macs"] == sum(layer["macs"] for layer in value["layers"]) == 12_501_632
    for path in value["outputs"].values():
        assert np.load(path).dtype == np.float32
    (kept,) = (out / "inputs").glob("*.npy")
    assert np.array_equal(np.load(kept), image)
    assert (out / "program.elf").read_bytes()[:4] == b"\x7fELF"
    assert json.loads((out / "plan.json").read_text())["isa"] == "rv32"
    assert {"Makefile", "README.md", f"{NAME}.c", "main.c"} <= {p.name for p in (out / "project").iterdir()}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["deep", "image.npy"]


def test_the_same_seed_gives_the_same_run(nmcu: Any) -> None:
    runs = [nmcu("run", MODEL, "--json", "--seed", seed).json for seed in (4, 4)]
    assert runs[0]["cycles"] == runs[1]["cycles"]
    assert set(runs[0]["outputs"].values()) == {None}


def test_a_kernel_can_be_forced(nmcu: Any) -> None:
    layers = nmcu("run", MODEL, "--json", "--kernel", "stage1.conv1=dense_4x2").json["layers"]
    kernels = {layer["name"]: layer["kernel"] for layer in layers}
    assert kernels["stage1.conv1"] == "dense_4x2" != kernels["stage1.conv2"]
    result = nmcu("run", MODEL, "--kernel", "nothing=dense_4x2")
    assert result.code == 1 and "'nothing'" in result.err
    assert nmcu("run", MODEL, "--kernel", "stage1.conv1").code == 2


def test_stalls_are_shown_on_demand(nmcu: Any) -> None:
    assert "tcdm conflict" in nmcu("run", MODEL, "--stalls").out


def test_explain_shows_the_alternatives(nmcu: Any) -> None:
    text = nmcu("run", MODEL, "--explain").out
    assert "dense_4x4 ←" in text and "dense_4x2" in text and "predicted" in text


def test_an_edited_project_is_not_overwritten_unless_forced(nmcu: Any, tmp_path: Path) -> None:
    out = tmp_path / "project"
    assert nmcu("compile", MODEL, "-o", out).code == 0
    assert nmcu("compile", MODEL, "-o", out, "--isa", "rv32").code == 0
    with (out / "main.c").open("a") as file:
        file.write("/* mine */\n")
    result = nmcu("compile", MODEL, "-o", out)
    assert result.code == 1
    assert f"{out / 'main.c'} was changed since nmcu wrote it" in result.err and "--force" in result.err
    assert "mine" in (out / "main.c").read_text()
    assert nmcu("compile", MODEL, "-o", out, "--force").code == 0
    assert "mine" not in (out / "main.c").read_text()


def test_compile_writes_a_project(nmcu: Any, tmp_path: Path) -> None:
    result = nmcu("compile", MODEL, "-o", tmp_path / "project")
    assert result.code == 0
    names = {p.name for p in (tmp_path / "project").iterdir()}
    assert names >= {
        "Makefile",
        "README.md",
        f"{NAME}.c",
        f"{NAME}.h",
        "main.c",
        f"{NAME}_weights.bin",
        "plan.json",
        "nmcu",
    }
    assert sorted(p.name for p in tmp_path.iterdir()) == ["project"]


def test_inspect_lists_the_layers(nmcu: Any) -> None:
    value = nmcu("inspect", MODEL, "--json").json
    layers = {layer["name"]: layer for layer in value["layers"]}
    assert [layer["op"] for layer in value["layers"]].count("conv") == 9
    conv = layers["stage1.conv1"]
    assert (conv["macs"], conv["weight_bytes"], conv["pattern"]) == (2_359_296, 2304, "dense")
    assert 0 <= conv["zeros"] < 100
    assert value["inputs"] == [{"name": "input", "dtype": "float32", "shape": [1, 3, 32, 32]}]
    assert value["outputs"] == [{"name": "output", "dtype": "float32", "shape": [1, 10]}]
    shown = nmcu("inspect", MODEL).out
    assert "stage1.conv1" in shown and "input input: float32 1x3x32x32" in shown


@pytest.mark.parametrize("command", [["run"], ["inspect"], ["compile", "-o", "out"]])
@pytest.mark.parametrize(
    "content", [None, b"", b"\x00" * 100, bytes(range(256)) * 40, MODEL.read_bytes()[:5000], b"TFL3" * 10]
)
def test_broken_models_are_one_sentence(
    nmcu: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], content: bytes | None
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "model.onnx").write_bytes(content)
    result = nmcu(*command, "model.onnx")
    assert result.code == 1
    assert result.out == ""
    assert result.err.startswith("nmcu: ") and result.err.count("\n") == 1
    assert "internal error" not in result.err
    assert [p.name for p in tmp_path.iterdir()] == ([] if content is None else ["model.onnx"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["fly"],
        ["run", "x.onnx", "--isa", "arm"],
        ["run", "x.onnx", "--target", "pulp"],
        ["compile", "x.onnx"],
    ],
)
def test_wrong_usage_exits_2(nmcu: Any, arguments: list[str]) -> None:
    result = nmcu(*arguments)
    assert result.code == 2
    assert result.out == "" and "Traceback" not in result.err


def test_a_wrong_input_is_refused(nmcu: Any, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((1, 2), np.float32))
    result = nmcu("run", MODEL, "--input", tmp_path / "x.npy", "--out", tmp_path / "out")
    assert result.code == 1 and "(1, 2)" in result.err
    assert not (tmp_path / "out").exists()


def test_an_unknown_core_names_the_known_ones(nmcu: Any) -> None:
    result = nmcu("run", MODEL, "--sim", "fpga")
    assert result.code == 1 and "iss" in result.err


def test_version_and_help(nmcu: Any) -> None:
    assert nmcu("--version").out.startswith("nmcu ")
    assert "inspect" in nmcu("--help").out


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_bug_is_told_from_a_users_mistake(debug: str) -> None:
    script = """
import nmcu.api, nmcu.cli
def fail(*_, **__):
    raise KeyError("surprise")
nmcu.api.read = fail
nmcu.cli.main(["inspect", "model.onnx"])
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "NMCU_DEBUG": debug},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    if debug:
        assert "Traceback" in done.stderr and done.stderr.endswith("KeyError: 'surprise'\n")
    else:
        assert done.stderr.startswith(
            "nmcu: internal error, please report it: KeyError: 'surprise' in <string>"
        )
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_closed_stream_is_written_to_nowhere(closed: str) -> None:
    """Python gives a process that is started with `>&-` no stream at all."""
    script = f"""
import sys
from nmcu.cli import main
sys.{closed} = None
main(["inspect", {str(MODEL)!r}])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("MACs" in done.stdout) == (closed == "stderr")


@pytest.mark.parametrize("loading", ["typer", "nmcu.graph", "onnx"])
def test_ctrl_c_while_modules_load_ends_quietly(loading: str) -> None:
    """The first second of a command is importing, where Python itself would show a traceback."""
    script = f"""
import sys
from importlib.abc import MetaPathFinder

class Interrupted(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {loading!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupted())
from nmcu.cli import main
main(["inspect", {str(MODEL)!r}])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_demo_compares_the_example_networks(nmcu: Any) -> None:
    result = nmcu("demo")
    assert result.code == 0
    assert MODEL.name in result.out and "top-1" in result.out and "bit-exact" in result.out


@pytest.mark.slow
def test_demo_runs_a_whole_resnet18(nmcu: Any) -> None:
    models = MODEL.parents[1] / "resnet18"
    if not models.exists():
        pytest.skip("the source distribution is without examples/resnet18")
    result = nmcu("demo", "--models", models)
    assert result.code == 0
    assert "resnet18_1x8.onnx.xz" in result.out and "90.56 %" in result.out
    assert "word_gather_g1x8" in result.out, "its weights fit the pattern that it was trained to"


def _four_images(folder: Path) -> Path:
    """Noise in two classes."""
    pixels = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8)
    for number, image in enumerate(pixels):
        file = folder / f"class{number % 2}" / f"{number}.png"
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(image).save(file)
    return folder


def test_demo_measures_accuracy_on_images(nmcu: Any, tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "tiny_1x8.onnx.xz").write_bytes(lzma.compress(MODEL.read_bytes()))
    (models / "tiny_dense.onnx").write_bytes(MODEL.read_bytes())
    (models / "metrics.json").write_text('{"tiny_1x8": {"top1": 12.5}}')
    images = tmp_path / "images"
    images.mkdir()
    result = nmcu("demo", "--models", models, "--data", _four_images(images), "--limit", 3)
    assert result.code == 0
    table = result.out[result.out.rindex("measured now") :]
    assert "12.50 %" in table and table.count("% of 3") == 2
    assert table.index("tiny_dense") < table.index("tiny_1x8"), "the dense network comes first"
    pq.write_table(
        pa.table({"img": pa.array([], pa.binary()), "label": pa.array([], pa.int64())}), images / "x.parquet"
    )
    assert "has no images" in nmcu("demo", "--models", models, "--data", images / "x.parquet").err


def test_names_are_printed_as_they_are(nmcu: Any, tmp_path: Path) -> None:
    """Brackets are no markup."""
    file = tmp_path / "net[v2][/b].onnx"
    operators.save(conv_linear(names=("a[/b]", "[red]c")), file)
    result = nmcu("run", file)
    assert result.code == 0 and file.name in result.out and "a[/b]" in result.out and "[red]c" in result.out
    assert (
        "a[/b]" in nmcu("prune", file, "--pattern", "1:8", "--layers", "*c", "-o", tmp_path / "out.onnx").out
    )


def test_eval_counts_images(nmcu: Any, tmp_path: Path) -> None:
    _four_images(tmp_path)
    value = nmcu("eval", MODEL, "--data", tmp_path, "--json").json
    assert list(value) == [
        *("model", "target", "isa", "images", "correct", "top1", "images_per_second"),
        "verified",
    ]
    assert (value["target"], value["isa"]) == ("cluster8", "xcv")
    assert (value["model"], value["images"]) == (MODEL.name, 4)
    assert value["top1"] == 25 * value["correct"]
    assert "of 3 right" in nmcu("eval", MODEL, "--data", tmp_path, "--limit", 3).out
    assert nmcu("eval", MODEL, "--data", tmp_path / "nothing").code == 1
    assert nmcu("eval", MODEL, "--data", tmp_path, "--mean", "1,2").code == 2


def test_accuracy_of_the_shipped_network(nmcu: Any, test_data: Path) -> None:
    data = test_data / "cifar10" / "test.parquet"
    value = nmcu("eval", MODEL, "--data", data, "--limit", 1000, "--json").json
    assert abs(value["top1"] - 83.2) < 1.5


@pytest.mark.parametrize("options", [(), ("--stalls",), ("--explain",)])
@pytest.mark.parametrize("width", [80, 120])
def test_tables_fit_the_terminal(
    nmcu: Any, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = nmcu("run", MODEL, *options).out.splitlines()
    assert 60 < max(map(len, lines)) <= width


@pytest.mark.parametrize("name", ["ad_autoencoder_int8", "kws_dscnn_int8", "resnet8_int8"])
def test_tables_of_real_models_fit_the_terminal(
    nmcu: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Their layers have names of up to 258 characters."""
    file = Path(os.environ.get("NMCU_TEST_DATA", "")) / "mlperf_tiny" / f"{name}.tflite"
    if not file.is_file():
        pytest.skip("needs NMCU_TEST_DATA with mlperf_tiny")
    monkeypatch.setenv("COLUMNS", "80")
    lines = [line for o in ("run", "inspect") for line in nmcu(o, file).out.splitlines()]
    assert max(map(len, lines)) <= 80
    rules = [n for n, line in enumerate(lines) if line.startswith("─")]
    names = [line.split()[0] for line in lines[rules[0] + 1 : rules[1]]]
    assert len(set(names)) == len(names) > 9
