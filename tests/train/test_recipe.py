"""The recipe script: from images to an exported file, interrupted and resumed, with clear errors."""

import io
import json
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from nmcu import operators, sparsity

FOLDER = Path(__file__).parents[2] / "examples" / "train"
EXPERIMENT = """
model = { name = "resnet", width = 8, blocks = [1, 1], classes = 3 }
[data]
size = 8
pad = 1
holdout = 20
[sparsity]
pattern = [[0, "1:4"], [1, "1:8"]]
skip = ["fc", "*.shortcut.*"]
[train]
epochs = 2
batch = 20
average = 0.5
lr = %s
[quantize]
epochs = 1
batch = 20
lr = 0.01
"""

Recipe = Callable[..., str]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Three classes of noise of different colour: 120 training images as a folder, 30 for testing as parquet."""
    rng = np.random.default_rng(0)

    def encoded(label: int) -> bytes:
        pixels = rng.integers(0, 100, (8, 8, 3)).astype(np.uint8)
        pixels[:, :, label] += 120
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "png")
        return stream.getvalue()

    folder = tmp_path / "images"
    for i in range(120):
        file = folder / "train" / f"class{i % 3}" / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded(i % 3))
    labels = [i % 3 for i in range(30)]
    cells = [{"bytes": encoded(label), "path": ""} for label in labels]
    pq.write_table(pa.table({"img": cells, "label": labels}), folder / "test.parquet")
    return folder


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, images: Path, capsys: Any) -> Recipe:
    """Run the script in this process; returns what it printed."""

    def run(*options: str, name: str = "tiny", text: str = EXPERIMENT % 0.1, out: str = "out") -> str:
        file = tmp_path / f"{name}.toml"
        file.write_text(text)
        arguments = [str(file), "--data", str(images), "--out", str(tmp_path / out), "--threads", "1"]
        arguments += ["--cache", str(tmp_path / "cache" / out), *options]
        monkeypatch.setattr("sys.argv", ["train.py", *arguments])
        monkeypatch.syspath_prepend(str(FOLDER))
        runpy.run_path(str(FOLDER / "train.py"), run_name="__main__")
        return str(capsys.readouterr().out)

    return run


def _metrics(folder: Path) -> dict[str, Any]:
    metrics: dict[str, Any] = json.loads((folder / "metrics.json").read_text())
    for row in metrics["history"]:
        del row["seconds"]
    return metrics


@pytest.mark.slow
def test_interrupted_training_gives_the_same_metrics(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe(out="whole")
    whole = _metrics(tmp_path / "whole" / "tiny")
    stops = 0
    while "stopped after" in recipe("--max-minutes", "0", out="pieces"):
        stops += 1
        assert stops < 30
    assert stops == 3 * 5, "one batch at a time: two sparse epochs and an int8 one of five batches"
    assert _metrics(tmp_path / "pieces" / "tiny") == whole
    assert whole["final"]["top1"] > 60
    assert abs(whole["final"]["top1"] - whole["final"]["top1_fake_quantised"]) < 5
    assert [row["phase"] for row in whole["history"]] == ["float", "float", "int8"]
    assert (tmp_path / "whole" / "tiny" / "curves.png").stat().st_size > 1000
    operators.load(tmp_path / "whole" / "tiny" / "model.onnx")
    _ships(tmp_path / "whole", tmp_path / "models", whole["final"]["top1"], monkeypatch)


def _ships(results: Path, models: Path, top1: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finished experiment becomes an example model with its accuracy beside it."""
    models.mkdir()
    (models / "metrics.json").write_text('{"other": {}}')
    arguments = ["ship.py", "tiny", "small=tiny", "--results", str(results), "--models", str(models)]
    monkeypatch.setattr("sys.argv", arguments)
    ship = runpy.run_path(str(FOLDER / "ship.py"), run_name="__main__")
    shipped = json.loads((models / "metrics.json").read_text())
    assert shipped.keys() == {"other", "tiny", "small"}
    assert shipped["small"] == {**shipped["tiny"], "file": "small.onnx"}
    metrics = json.loads((results / "tiny" / "metrics.json").read_text())
    metrics["final"] |= {"top1": None, "top1_onnxruntime": 12.5}
    entry = ship["entry"](metrics, "tiny.onnx")
    assert (entry["top1"], entry["measured_with"]) == (12.5, "ONNX Runtime")
    assert (shipped["tiny"]["top1"], shipped["tiny"]["images"]) == (top1, 30)
    assert (models / shipped["tiny"]["file"]).read_bytes() == (results / "tiny" / "model.onnx").read_bytes()


@pytest.mark.slow
def test_a_compact_checkpoint_continues_elsewhere_and_is_a_start(recipe: Recipe, tmp_path: Path) -> None:
    while "int8" not in recipe("--max-minutes", "0.0", out="a") + _phase(tmp_path / "a" / "tiny"):
        pass
    (tmp_path / "cache" / "a" / "tiny" / "checkpoint.pt").unlink()
    recipe(out="a")
    rows = _metrics(tmp_path / "a" / "tiny")["history"]
    assert [row["phase"] for row in rows] == ["float", "float", "int8"]
    layers = '{ "stage2.conv2" = "1:8", "stage1.conv1" = "1:4" }'
    text = 'start = "tiny"\n' + (EXPERIMENT % 0.01).replace('[[0, "1:4"], [1, "1:8"]]', layers)
    recipe("--seed", "7", name="tuned", text=text, out="a")
    tuned = _metrics(tmp_path / "a" / "tuned_s7")
    assert tuned["experiment"]["seed"] == 7
    assert tuned["experiment"]["sparsity"]["pattern"] == {"stage2.conv2": "1:8", "stage1.conv1": "1:4"}
    assert tuned["history"][0]["loss"] < rows[0]["loss"], "it starts from trained weights"


def _phase(folder: Path) -> str:
    from nmcu.train import checkpoint

    return str(checkpoint.read_compact(folder / "compact")["state"]["phase"])


def test_a_plan_fits_the_time_and_the_next_call_keeps_it(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    import recipe as module

    monkeypatch.setattr(module, "epoch_seconds", lambda *given: 954.0)
    text = (EXPERIMENT % 0.1).replace("pad = 1", "growth = [[0, 4]]")
    with pytest.raises(SystemExit, match=r"an epoch takes 15\.9 minutes here, its share of --minutes is "):
        recipe("--minutes", "30", text=text)
    said = recipe("--minutes", "48", text=text)
    assert "1 of 2 float and 1 of 1 int8 epochs are planned for 4" in said
    metrics = _metrics(tmp_path / "out" / "tiny")
    assert [row["phase"] for row in metrics["history"]] == ["float", "int8"]
    assert (metrics["experiment"]["train"]["epochs"], metrics["recipe"]["train"]["epochs"]) == (1, 2)
    assert metrics["experiment"]["sparsity"]["pattern"] == [[0, "1:4"], [0.5, "1:8"]]
    assert metrics["final"]["top1"] is None and metrics["final"]["top1_onnxruntime"] > 30
    monkeypatch.setattr(module.Recipe, "_phase", None)
    assert recipe("--minutes", "9", text=text).startswith('tiny {"images": 30')
    model = tmp_path / "out" / "tiny" / "model.onnx"
    model.rename(model.with_suffix(".onnx.xz"))
    assert recipe(text=text).startswith('tiny {"images": 30'), "kept compressed: it is not trained again"


def test_weights_are_prepared_once_before_training(recipe: Recipe) -> None:
    text = (EXPERIMENT % 0.1).replace("[sparsity]", "[sparsity]\npermute = true\nreconstruct = 2")
    said = recipe("--max-minutes", "60", text=text)
    assert "stage1.conv2: " in said and "% lost" in said and " % to " in said
    assert "lost" not in recipe("--max-minutes", "60", text=text)


def test_the_epochs_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from budget import cost, fitted
    from experiment import restored

    raw = {"name": "x", "model": {}, "train": {"epochs": 20, "warmup": 2.0}, "quantize": {"epochs": 4}}
    sparsity = {"pattern": [[0, "dense"], [10, "1:8"]], "fade": 2.0}
    recipe = restored({**raw, "data": {"growth": [[0, 16], [10, 32]]}, "sparsity": sparsity}, "x.toml")
    assert cost(recipe) == 10 * 0.25 + 10 + 2 * 4
    assert fitted(recipe, 1.0, 1000.0) == recipe
    half = fitted(recipe, 8.0, 8 * 10.25 / 0.8)  # half of its cost, 20 % kept back
    assert half is not None and half.sparsity is not None
    assert (half.train.epochs, half.quantize.epochs, half.train.warmup) == (10, 2, 1.0)
    assert (half.data.growth, half.sparsity.pattern, half.sparsity.fade) == (
        [[0, 16], [5, 32]],
        [[0, "dense"], [5.0, "1:8"]],
        1.0,
    )
    assert fitted(recipe, 1.0, 2.6 / 0.8) is None, "an int8 epoch, and less than one at 16 and 32 pixels"


def test_cutout_blanks_one_square(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    import torch
    from data import Augmenter, Split
    from experiment import Data

    pixels = np.random.default_rng(0).integers(0, 100, (64, 9, 9, 3)).astype(np.uint8)
    split, device = Split(pixels, np.arange(64)), torch.device("cpu")
    (whole, labels), (cut, same) = (
        next(Augmenter(split, Data(pad=1, cutout=side), device).batches(64, (7,))) for side in (0, 4)
    )
    blank = (cut == 0).all(1)
    assert torch.equal(labels, same), "the square changes nothing else"
    assert torch.equal(cut, torch.where(blank[:, None], 0.0, whole)) and (whole != 0).all()
    rows, columns = blank.any(2).sum(1), blank.any(1).sum(1)
    assert torch.equal(blank.flatten(1).sum(1), rows * columns), "a rectangle, cut at the borders"
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 4, 2, 4)


def test_a_rate_that_rises_and_falls_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    import torch
    from experiment import Phase
    from optimizer import make_optimizer, set_rate

    phase = Phase(epochs=3, lr=0.4, warmup=1.0, schedule="onecycle")
    optimizer = make_optimizer(torch.nn.Linear(2, 2), phase, batches=4)
    seen = []
    for step in (0, 3, 8, 12):
        set_rate(optimizer, phase, step, 4)
        seen.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[1]["momentum"]))
    assert seen == [pytest.approx(p) for p in ((0.1, 0.925), (0.4, 0.85), (0.2, 0.9), (0.0, 0.95))]


@pytest.mark.parametrize(
    "model",
    [
        '{ name = "resnet", width = 8, blocks = [2, 2, 2, 2], classes = 3 }',
        '{ name = "vit", width = 16, depth = 2, heads = 2, patch = 4, size = 8, classes = 3 }',
    ],
)
def test_larger_networks_go_through_at_tiny_scale(recipe: Recipe, tmp_path: Path, model: str) -> None:
    lines = (EXPERIMENT % 0.01).splitlines()[2:]
    kind = '"step"\nprecondition = 1.0' if "vit" in model else '"adamw"\nschedule = "onecycle"'
    lines[lines.index("lr = 0.01")] = f"lr = 0.001\noptimizer = {kind}\nclip = 1.0\nwarmup = 0.5"
    text = "\n".join([f"model = {model}", *lines]).replace("*.shortcut.*", "*")
    text = text.replace('skip = ["fc", "*"]', 'skip = ["fc"]')
    recipe(text=text)
    final = _metrics(tmp_path / "out" / "tiny")["final"]
    assert final["images"] == 30 and abs(final["top1_onnxruntime"] - final["top1_fake_quantised"]) < 10


def test_a_transformer_sees_small_images_first(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With positions between those it learned; what is exported takes the images as they are."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import torch
    from models import build, take

    vit = build("vit", width=8, depth=1, heads=1, patch=2, size=8)
    with torch.no_grad():
        vit.position.copy_(torch.arange(16.0).view(1, 16, 1))
    take(vit, 4)
    assert vit._positions()[0, :, 0].tolist() == [2.5, 4.5, 10.5, 12.5], "means of two by two"
    take(vit, 8)
    assert vit._positions() is vit.position
    text = (EXPERIMENT % 0.01).replace(
        '"resnet", width = 8, blocks = [1, 1]', '"vit", width = 16, depth = 1, heads = 2, patch = 2, size = 8'
    )
    text = text.replace(', "*.shortcut.*"', "").replace("pad = 1", "growth = [[0, 4], [1, 8]]")
    recipe(text=text.replace("average = 0.5", 'optimizer = "adamw"'))
    assert _metrics(tmp_path / "out" / "tiny")["final"]["images"] == 30


def test_a_diverging_loss_is_one_sentence_and_keeps_the_checkpoint(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="tiny: the loss became nan; lower lr"):
        recipe(text=EXPERIMENT % 1e30)
    assert not list(tmp_path.glob("**/model.onnx"))
    with pytest.raises(SystemExit, match=r"tiny: int8 training diverged, the loss rose from"):
        recipe(text=(EXPERIMENT % 0.1).replace("lr = 0.01", "lr = 30.0"), out="later")
    assert _phase(tmp_path / "later" / "tiny") == "float"
    with pytest.raises(SystemExit, match="tiny was begun with --limit None: give that again"):
        recipe("--limit", "100", out="later")
    with pytest.raises(SystemExit, match=r"begun with train = .*'lr': 0\.1.*, now it is .*'lr': 0\.2"):
        recipe(text=EXPERIMENT % 0.2, out="later")
    with pytest.raises(SystemExit, match=r"holds a run whose results are not in .*elsewhere"):
        recipe("--cache", str(tmp_path / "cache" / "later"), out="elsewhere")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model = 3 = 4", "is not an experiment"),
        (
            EXPERIMENT.replace("size", "sizes") % 0.1,
            r"\[data\]: unknown key 'sizes'; the keys are size, mean",
        ),
        ("[train]\nepochs = 1\n[quantize]\nepochs = 1", "missing key 'model'"),
        ((EXPERIMENT % 0.1).replace('"1:8"', '"8:1"'), "8:1 is not an N:M pattern"),
        ((EXPERIMENT % 0.1).replace('"resnet"', '"alexnet"'), "unknown model 'alexnet': resnet and vit"),
        ((EXPERIMENT % 0.1).replace("batch = 20", "batch = 500", 1), "do not fill one batch"),
        ((EXPERIMENT % 0.1) + 'optimizer = "lion"', "unknown optimizer 'lion'"),
        ((EXPERIMENT % 0.1) + 'schedule = "steps"', "unknown schedule 'steps': cosine and onecycle"),
        ((EXPERIMENT % 0.1).replace("average", 'optimizer = "step"\naverage'), "a precondition of 0 steps"),
        ((EXPERIMENT % 0.1).replace("average = 0.5", "average = 1.0"), "a decay of 1.0 is not possible"),
        ((EXPERIMENT % 0.1).replace("batch = 20", "batch = 0", 1), "a batch of 0 images is not possible"),
        (
            (EXPERIMENT % 0.1).replace("pad = 1", "growth = [4]"),
            r"growth is \[4\]; pairs \[first epoch, size\]",
        ),
        (
            (EXPERIMENT % 0.1).replace('[[0, "1:4"], [1, "1:8"]]', "[4]"),
            "pairs .first epoch, pattern., are needed",
        ),
        (
            (EXPERIMENT % 0.1).replace('[[0, "1:4"], [1, "1:8"]]', '{ "stage1.conv1" = 8 }'),
            "a table of them by layer",
        ),
        (
            (EXPERIMENT % 0.1)
            .replace(', "*.shortcut.*"', "")
            .replace("pad = 1", "growth = [[0, 1]]")
            .replace(
                '"resnet", width = 8, blocks = [1, 1]',
                '"vit", width = 8, depth = 1, heads = 1, patch = 2, size = 8',
            ),
            "tiny: its network does not take images of 1 pixels .*: give size and growth",
        ),
        (
            (EXPERIMENT % 0.1)
            .replace(', "*.shortcut.*"', "")
            .replace(
                '"resnet", width = 8, blocks = [1, 1]', '"vit", width = 8, depth = 1, heads = 1, patch = 2'
            ),
            "tiny: its network does not take images of 8 pixels",
        ),
        ((EXPERIMENT % 0.1).replace("batch = 20", 'batch = "many"', 1), r"batch is 'many'; a whole number"),
        ((EXPERIMENT % 0.1).replace("lr = 0.1", "lr = -1.0"), r"lr is -1\.0; a number, 0 or more"),
        (
            (EXPERIMENT % 0.1).replace("width", "widht"),
            "no resnet can be built .*the options are width, blocks",
        ),
        ('start = "nothing"\n' + EXPERIMENT % 0.1, "tiny starts from nothing, which is not in .*train that"),
    ],
)
def test_bad_experiments_are_one_sentence(recipe: Recipe, text: str, message: str) -> None:
    with pytest.raises(SystemExit, match=message):
        recipe(text=text)


def test_bad_data_is_one_sentence(recipe: Recipe, images: Path) -> None:
    with pytest.raises(SystemExit, match=r"neither .*train\.parquet nor the folder .*train exists"):
        recipe("--data", "/nowhere")
    parquet = images / "train.parquet"
    pq.write_table(pa.table({"pixels": [b"1"], "class": ["cat"]}), parquet)
    with pytest.raises(SystemExit, match=r"train\.parquet has the columns pixels, .*`label` are needed"):
        recipe()
    pq.write_table(pa.table({"img": [b"not an image"], "label": [1]}), parquet)
    with pytest.raises(SystemExit, match=r"row 0 of train\.parquet is not an image that can be read"):
        recipe()
    parquet.write_bytes(b"PAR1 nothing")
    with pytest.raises(SystemExit, match=r"train\.parquet cannot be read"):
        recipe()


def test_every_experiment_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from experiment import read, restored

    from nmcu.sparsity import NMPattern

    files = sorted((FOLDER / "experiments").glob("*.toml"))
    names = {f.stem for f in files}
    assert {"resnet8_1x8x4", "resnet8_wide_1x16x4", "resnet18_1x8", "vit_1x8"} <= names
    for file in files:
        experiment = read(file)
        assert experiment.start is None or experiment.start in names
        if experiment.sparsity is not None and isinstance(experiment.sparsity.pattern, str):
            NMPattern.parse(experiment.sparsity.pattern)
    for file in (FOLDER / "results").glob("*/metrics.json"):
        finished = json.loads(file.read_text())["experiment"]
        assert restored(finished, str(file)).name == finished["name"], "older results can be read"


def test_the_example_of_the_documentation_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(FOLDER / "minimal.py"), run_name="__main__")
    model = onnx.load(tmp_path / "mine.onnx")
    weights = {i.name: onnx.numpy_helper.to_array(i) for i in model.graph.initializer}
    assert str(sparsity.detect(np.moveaxis(weights["3.weight.quantized"], 1, -1))) == "1:8x4"
    operators.load(tmp_path / "mine.onnx")
    lines = (FOLDER / "minimal.py").read_text()
    assert lines in (FOLDER.parents[1] / "docs" / "training.md").read_text(), (
        "the documentation shows the file"
    )


@pytest.mark.slow
def test_the_table_compares_finished_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("resnet8_dense", "resnet8_1x8", "resnet8_1x16", "resnet8_wide_fitted_2x16x4"):
        shutil.copytree(FOLDER / "results" / name, tmp_path / name)
    without = tmp_path / "resnet8_1x16" / "metrics.json"
    metrics = json.loads(without.read_text())
    metrics["final"]["top1"] = None  # the device's accuracy could not be measured
    without.write_text(json.dumps(metrics))
    picture = tmp_path / "table.png"
    monkeypatch.setattr("sys.argv", ["table.py", "--results", str(tmp_path), "--plot", str(picture)])
    runpy.run_path(str(FOLDER / "table.py"), run_name="__main__")
    lines = [line.split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [line[1] for line in lines] == ["dense", "1:8", "1:16", "2:16x4"]
    dense, sparse = (float(line[7]) for line in lines[:2])
    theirs = float(lines[0][6]) - float(lines[2][6])
    assert lines[2][7] == "" and float(lines[2][8]) == pytest.approx(theirs, abs=0.011)
    assert float(lines[1][8]) == pytest.approx(dense - sparse, abs=0.011)
    assert lines[3][8] == "", "its dense row is not there"
    assert picture.stat().st_size > 1000
