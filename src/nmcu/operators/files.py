"""Model files with given operators: those of this package, or those of a registry."""

from collections.abc import Iterable
from pathlib import Path

from nmcu import frontend
from nmcu.frontend import check_suffix
from nmcu.graph import Graph
from nmcu.operators.known import built_in, readers, writers
from nmcu.operators.operator import Operator

__all__ = ["check_suffix", "load", "parse", "save"]


def load(path: str | Path, operators: Iterable[Operator] | None = None) -> Graph:
    """The integer graph of the model at `path` (`nmcu.frontend.load`), read by `operators` (default: built in)."""
    return frontend.load(path, readers(operators or built_in()))


def parse(
    data: bytes, name: str, folder: Path = Path(), operators: Iterable[Operator] | None = None
) -> Graph:
    """The integer graph of a model in memory (`nmcu.frontend.parse`), read by `operators`."""
    return frontend.parse(data, name, readers(operators or built_in()), folder)


def save(graph: Graph, path: str | Path, operators: Iterable[Operator] | None = None) -> None:
    """Write `graph` to `path` as QDQ ONNX (`nmcu.frontend.save`), by the writers of `operators`."""
    frontend.save(graph, path, writers(operators or built_in()))
