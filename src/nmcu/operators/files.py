"""Model files with given operators: those of this package, or those of a registry."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from nmcu import frontend
from nmcu.frontend import Fallback, Readers, check_suffix
from nmcu.frontend.load import NONE
from nmcu.graph import Graph
from nmcu.operators.known import built_in, readers, writers
from nmcu.operators.operator import Operator

__all__ = ["check_suffix", "load", "parse", "save"]


def load(
    path: str | Path,
    operators: Iterable[Operator] | None = None,
    states: Mapping[str, str] = NONE,
    signature: str | None = None,
    fallback: Fallback | None = None,
) -> Graph:
    """The integer graph of the model at `path` (`nmcu.frontend.load`), read by `operators` (default: built in), nodes
    that none of them reads by `fallback`."""
    return frontend.load(path, _readers(operators, fallback), states, signature)


def parse(
    data: bytes,
    name: str,
    folder: Path = Path(),
    operators: Iterable[Operator] | None = None,
    states: Mapping[str, str] = NONE,
    fallback: Fallback | None = None,
) -> Graph:
    """The integer graph of a model in memory (`nmcu.frontend.parse`), read by `operators` and `fallback`."""
    return frontend.parse(data, name, _readers(operators, fallback), folder, states)


def save(graph: Graph, path: str | Path, operators: Iterable[Operator] | None = None) -> None:
    """Write `graph` to `path` as QDQ ONNX (`nmcu.frontend.save`), by the writers of `operators`."""
    frontend.save(graph, path, writers(operators or built_in()))


def _readers(operators: Iterable[Operator] | None, fallback: Fallback | None) -> Readers:
    return replace(readers(operators or built_in()), fallback=fallback)
