"""What reading and writing a file is given: a function for each kind of node, from the operators (`nmcu.operators`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from nmcu.graph import Layer
from nmcu.graph.ops import Foreign

if TYPE_CHECKING:  # each file format is imported when a file of it is read
    from nmcu.frontend.from_onnx.context import Context as OnnxContext
    from nmcu.frontend.from_tflite.context import Context as TfliteContext

OnnxReader = Callable[["OnnxContext"], None]
"""Gives the outputs of the context's node their meaning; its docstring is a row of the documentation."""

TfliteReader = Callable[["TfliteContext"], None]
"""Appends the layers that the context's operator becomes; its docstring is a row of the documentation."""


@dataclass(frozen=True)
class Fallback:
    """What runs the nodes that no reader knows, and those whose layers no kernel `runs`: regions of them become `op`.
    With `alone` it runs all nodes."""

    op: type[Foreign]
    alone: bool = False
    runs: Callable[[Layer], bool] = lambda layer: True


@dataclass(frozen=True)
class Readers:
    """Readers by node name: ONNX's with their domain unless it is the standard one (`com.microsoft.Gelu`).

    Those of `floats` read nodes in float sections. What none of them reads goes to `fallback`; without it, it is
    refused.
    """

    onnx: Mapping[str, OnnxReader]
    tflite: Mapping[str, TfliteReader]
    onnx_floats: Mapping[str, OnnxReader] = field(default_factory=lambda: MappingProxyType({}))
    tflite_floats: Mapping[str, TfliteReader] = field(default_factory=lambda: MappingProxyType({}))
    fallback: Fallback | None = None
