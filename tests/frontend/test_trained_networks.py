"""A trained ResNet8 from two quantisers: as accurate on the device as under ONNX Runtime, over the whole test set."""

import runpy
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import nmcu
from frontend import ort
from nmcu.host import images

torch = pytest.importorskip("torch", reason="needs the extra [train]: pip install nmcu[train]")
pytest.importorskip("torchao", reason="needs the extra [train]: pip install nmcu[train]")

from frontend import torch_networks  # noqa: E402
from nmcu.train import checkpoint  # noqa: E402

RECIPES = Path(__file__).parents[2] / "examples" / "train"
MEAN, STD = 128 / 255, 1 / 4
CALIBRATION = 512


@pytest.mark.slow
@pytest.mark.parametrize("quantiser", ["onnxruntime", "pt2e"])
def test_accuracy_is_that_of_onnx_runtime(tmp_path: Path, test_data: Path, quantiser: str) -> None:
    cifar = test_data / "cifar10"
    batches = [torch.from_numpy(x) for x in _inputs(cifar / "train.parquet", CALIBRATION)[0]]
    network = _trained()
    path = tmp_path / "resnet8.onnx"
    if quantiser == "pt2e":
        torch_networks.pt2e_of(network, batches, path)
    else:
        ort.quantise(torch_networks.export(network, batches[0], path), samples=[b.numpy() for b in batches])
        path = path.with_suffix(".qdq.onnx")

    found = nmcu.evaluate(path, cifar / "test.parquet", mean=(MEAN,), std=(STD,))

    inputs, labels = _inputs(cifar / "test.parquet", None)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    answers = [int(session.run(None, {name: x})[0].argmax()) for x in inputs]
    expected = 100 * float(np.mean(np.equal(answers, labels)))
    assert found.images == len(labels) == 10_000
    assert found.top1 > 80, "the network is trained"
    assert abs(found.top1 - expected) <= 0.2, f"{found.top1} on the device, {expected} under ONNX Runtime"


def _trained() -> "torch.nn.Module":
    network = runpy.run_path(str(RECIPES / "models.py"))["build"]("resnet")
    checkpoint.load_compact(RECIPES / "results" / "resnet8_base" / "float", network)
    return network.eval()


def _inputs(file: Path, limit: int | None) -> tuple[list[np.ndarray], list[int]]:
    """Real inputs (1, 3, 32, 32) of the network, and the labels."""
    samples = list(images(file, limit))
    pixels = (sample.pixels(3).transpose(2, 0, 1)[None] for sample in samples)
    return [((p / 255 - MEAN) / STD).astype(np.float32) for p in pixels], [s.label for s in samples]
