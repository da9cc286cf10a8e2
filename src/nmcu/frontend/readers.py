"""What reading and writing a file is given: a function for each kind of node, from the operators (`nmcu.operators`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # each file format is imported when a file of it is read
    from nmcu.frontend.from_onnx.context import Context as OnnxContext
    from nmcu.frontend.from_tflite.context import Context as TfliteContext

OnnxReader = Callable[["OnnxContext"], None]
"""Gives the outputs of the context's node their meaning; its docstring is a row of the documentation."""

TfliteReader = Callable[["TfliteContext"], None]
"""Appends the layers that the context's operator becomes; its docstring is a row of the documentation."""


@dataclass(frozen=True)
class Readers:
    """Readers by node name: ONNX's with their domain unless it is the standard one (`com.microsoft.Gelu`)."""

    onnx: Mapping[str, OnnxReader]
    tflite: Mapping[str, TfliteReader]
