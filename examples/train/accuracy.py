"""Top-1 accuracy over a split, in PyTorch and under ONNX Runtime."""

from pathlib import Path

import onnxruntime as ort
import torch
from data import Split, normalise
from torch import nn

BATCH = 250


def torch_accuracy(model: nn.Module, split: Split, mean: float, std: float, device: torch.device) -> float:
    """Top-1 in percent of `model`, which is on `device` and left in evaluation mode; in float32, not TF32."""
    model.eval()
    correct = 0
    with torch.no_grad(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        for i in range(0, len(split), BATCH):
            part = split.take(i, i + BATCH)
            logits = model(normalise(part.images, mean, std).to(device))
            correct += int((logits.argmax(1).cpu() == torch.tensor(part.labels)).sum())
    return 100 * correct / len(split)


def onnx_accuracy(path: Path, split: Split, mean: float, std: float) -> float:
    """Top-1 in percent of the exported file under ONNX Runtime."""
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name, correct = session.get_inputs()[0].name, 0
    for i, label in enumerate(split.labels):
        image = normalise(split.images[i : i + 1], mean, std).numpy()
        correct += int(session.run(None, {name: image})[0].argmax() == label)
    return 100 * correct / len(split)
