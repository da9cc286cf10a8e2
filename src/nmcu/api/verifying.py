"""What was read from a model file, proven against the runtime that others run it with."""

from __future__ import annotations  # signatures in help() as they are written here

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import cast

from numpy.typing import ArrayLike

from nmcu import frontend, verification
from nmcu.api.foreign import fallback_of
from nmcu.api.inputs import Inputs, arrays
from nmcu.errors import ModelError, NmcuError
from nmcu.graph import Graph
from nmcu.operators import parse
from nmcu.registry import Registry
from nmcu.verification import Verdict
from nmcu.verification.inputs import COUNT


def verify(
    model: str | Path,
    inputs: str | Path | Inputs | Sequence[Mapping[str, ArrayLike]] | None = None,
    data: str | Path | None = None,
    *,
    limit: int = COUNT,
    states: Mapping[str, str] = MappingProxyType({}),
    signature: str | None = None,
    keep_state: bool = False,
    fallback: str | None = None,
    registry: Registry | None = None,
    on_input: Callable[[int, int], object] | None = None,
) -> Verdict:
    """Compares what nmcu reads from a model file with ONNX Runtime (ONNX) or LiteRT (TFLite), layer by layer.

    inputs: to compare on, before those that are made: an `.npz` file with arrays by input name, with or without a
        leading axis of samples; an array for a model of one input; arrays by name, or a list of such.
    data: images, as `evaluate` takes them, of which the first `limit` are used.
    states: inputs that are states, each with the output that is its next value, as `load` takes them.
    signature: which of a TFLite file's functions, where it has several.
    keep_state: whether inputs are one sequence, in which states last; without it each starts afresh, and a model with
        states is given a few more inputs after it.
    fallback: what runs nodes that nmcu does not, as `load` takes it.
    on_input: told how many inputs of how many are done.

    `Verdict.ok` is False where a layer, fed the runtime's own tensors, leaves its operator's tolerance; `Verdict.fault`
    names it. `Verdict.reason` says why nothing could be compared. Raises `NmcuError` for what cannot be read.
    """
    if not isinstance(model, str | Path):
        raise ModelError(
            f"a {type(model).__name__} cannot be verified: give the path of the file that it was read from, or to "
            "which it was saved"
        )
    if limit < 1:
        raise NmcuError(f"limit is {limit}; it must be at least 1")
    path, operators = Path(model), (registry or Registry.installed()).operators.values()
    content = frontend.whole(path, signature)
    graph = parse(
        content, path.name, operators=operators, states=states, fallback=fallback_of(fallback, registry)
    )
    given = _given(graph, inputs)
    if data is not None:
        given += verification.from_images(graph, Path(data), limit)
    return verification.verify(
        content,
        graph,
        operators,
        name=path.name,
        given=given,
        keep_state=keep_state,
        on_input=on_input or (lambda done, total: None),
    )


def verify_briefly(
    model: str | Path,
    graph: Graph | None = None,
    registry: Registry | None = None,
    signature: str | None = None,
) -> Verdict:
    """The short form of `verify`, which other commands run: a few seconds, once for each content of a file.

    `graph` is what was read from it, if it was already.
    """
    path, operators = Path(model), (registry or Registry.installed()).operators.values()
    content = frontend.whole(path, signature)
    known = parse(content, path.name, operators=operators) if graph is None else graph
    return verification.short(content, known, operators, path.name)


def _given(
    graph: Graph, inputs: str | Path | Inputs | Sequence[Mapping[str, ArrayLike]] | None
) -> list[verification.Feed]:
    needed = graph.border.model_inputs
    if inputs is None:
        return []
    if isinstance(inputs, str | Path):
        return verification.from_npz(graph, Path(inputs))
    many = isinstance(inputs, list | tuple) and all(isinstance(each, Mapping) for each in inputs)
    given = [arrays(needed, each) for each in cast(Sequence[Inputs], inputs if many else [inputs])]
    for feed in given:
        if missing := [info.name for info in needed if info.name not in feed]:
            raise NmcuError(f"input {missing[0]!r} is missing")
        graph.border.encode(feed)
    return given
