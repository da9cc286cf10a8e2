"""LiteRT's tensors, and the comparison layer by layer: the other side of the TFLite tests."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from nmcu import verification
from nmcu.graph import Graph
from nmcu.judge.judge import Kernels

JUDGE = verification.Judge()


def tensors(
    data: bytes, feeds: Mapping[str, NDArray[Any]], kernels: Kernels = "reference"
) -> dict[str | int, NDArray[Any]]:
    """Every tensor by its index in the file, from LiteRT's reference kernels, for inputs by name."""
    return JUDGE.run(data, [feeds], kernels)[0]


def output(model: Graph, known: Mapping[str | int, NDArray[Any]], name: str) -> NDArray[Any]:
    """Model output `name` of a graph read from the file."""
    return known[model.origins[name][0].key]
