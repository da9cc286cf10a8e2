"""The kinds of networks, each with the strategy that draws them."""

from importlib import import_module
from typing import Any

KINDS = ("onnx", "tflite", "torch")


def strategy(kind: str) -> Any:
    """The Hypothesis strategy of `Case`s of `kind`; imported late, as Hypothesis is in the extra `dev`."""
    return import_module(f"nmcu.bench.differential.{kind}_networks").networks()
