"""The kinds of networks, each with the strategy that draws them."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from nmcu.bench.differential.case import Case
from nmcu.bench.differential.outcome import Outcome

Attempt = Callable[[Case, bool], Outcome]
"""The outcome of a case, which is compiled and simulated, too, if the second argument is true."""

KINDS = ("onnx", "tflite", "torch")


def strategy(kind: str) -> Any:
    """The Hypothesis strategy of `Case`s of `kind`; imported late, as Hypothesis is in the extra `dev`."""
    return import_module(f"nmcu.bench.differential.{kind}_networks").networks()


def attempt(kind: str) -> Attempt:
    """What tries a case of `kind`; imported late, as runtimes and PyTorch are in extras."""
    place = "nmcu.bench.differential.torch.trial" if kind == "torch" else "nmcu.bench.differential.trial"
    tried: Attempt = import_module(place).attempt
    return tried
