"""One network to try, with the inputs to try it on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from nmcu.graph.op import Array

Format = Literal["onnx", "tflite", "py"]


@dataclass(frozen=True, eq=False)
class Case:
    """A model file's bytes; `operators` are the names of its nodes' operators, each as often as it occurs.

    `feeds` are inputs by name in the model's own dtype and layout; `text` describes the network in a line a node. A
    PyTorch network is its Python source, which names the seed of its inputs, too.
    """

    format: Format
    data: bytes
    operators: tuple[str, ...]
    feeds: tuple[Mapping[str, Array], ...]
    text: str

    def __repr__(self) -> str:
        return f"Case({self.text!r})"
