"""The short form inside other commands: few seconds, and once for each file."""

import json
from collections.abc import Iterable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from nmcu import cache
from nmcu.graph import Graph, carried, ops
from nmcu.judge import runtime_of
from nmcu.operators import Operator, built_in
from nmcu.verification.model import verify
from nmcu.verification.verdict import Verdict

SHORT_WORK = 320e6
"""Multiply-accumulates: 20 inputs of ResNet8, two or three seconds."""
_PACKAGE = Path(__file__).parents[1]
_ROOMS = ("frontend", "graph", "iree", "operators", "judge", "verification")


def short(data: bytes, graph: Graph, operators: Iterable[Operator], name: str = "model") -> Verdict:
    """What `verify` finds in `SHORT_WORK`, kept in the cache for `data`, this version of nmcu and of the runtime."""
    operators = tuple(operators)
    runtime = runtime_of(data)
    if not runtime.installed or any(operator not in built_in() for operator in operators):
        return verify(data, graph, operators, name=name, work=SHORT_WORK)
    sources = cache.contents([_PACKAGE / room for room in _ROOMS], ".py")
    states = [f"{each.input}={each.output}" for each in carried(graph)]
    foreign = [f"{layer.kind} {layer.name}" for layer in graph.layers if isinstance(layer.op, ops.Foreign)]
    place = cache.key("verified", version("nmcu"), sources, str(runtime), data, *states, *foreign)
    kept = cache.load(place)
    if kept is not None:
        return replace(Verdict.from_json(json.loads(kept)), model=name)
    found = verify(data, graph, operators, name=name, work=SHORT_WORK)
    if found.checked:
        cache.store(place, json.dumps(found.to_json()).encode())
    return found
