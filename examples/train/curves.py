"""The picture of a training run."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")
from matplotlib import pyplot as plt


def draw(history: list[dict[str, Any]], title: str, path: Path) -> None:
    """Loss and accuracy over the epochs of both phases."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    epochs = range(1, len(history) + 1)
    left.plot(epochs, [row["loss"] for row in history])
    right.plot(epochs, [row["train"] for row in history], label="training, augmented")
    right.plot(epochs, [row["holdout"] for row in history], label="held out")
    left.set(xlabel="epoch", ylabel="cross-entropy")
    right.set(xlabel="epoch", ylabel="top-1, percent")
    right.legend()
    figure.suptitle(title)
    figure.savefig(path, dpi=80)
    plt.close(figure)
