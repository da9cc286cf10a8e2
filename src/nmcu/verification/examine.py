"""One input: the runtime is asked, and where it may be wrong exact arithmetic or its other kernels."""

import dataclasses
from collections.abc import Iterable, Mapping

from nmcu.graph import Graph
from nmcu.graph.op import Array
from nmcu.judge import Judge, JudgeError, Runtime, runtime_of
from nmcu.judge.judge import Kernels
from nmcu.operators import Operator
from nmcu.verification.compare import compare
from nmcu.verification.finding import Comparison


class Examiner:
    """Compares `graph`, read from the model file `data`, with its runtime, input by input.

    A fault stands where neither the runtime's reference kernels nor its default ones agree (TFLite).
    """

    def __init__(
        self, data: bytes, graph: Graph, judge: Judge, operators: Iterable[Operator] | None = None
    ) -> None:
        self._data = data
        self._graph = graph
        self._judge = judge
        self._operators = operators
        self.runtime: Runtime = runtime_of(data)

    def examine(self, feed: Mapping[str, Array]) -> Comparison:
        """The comparison on one input, arrays by the names of the graph's inputs. Raises `JudgeError`."""
        found = self._compared(feed, "reference")
        if not found.faults or self.runtime.format != "tflite":
            return found
        try:
            again = self._compared(feed, "default")
        except JudgeError:
            return found
        passed = {finding.tensor: finding for finding in again.findings if finding.ok}
        kept = tuple(f if f.ok else passed.get(f.tensor, f) for f in found.findings)
        return dataclasses.replace(found, findings=kept)

    def _compared(self, feed: Mapping[str, Array], kernels: Kernels) -> Comparison:
        origins = self._graph.origins
        given = {origins[name][0].key if name in origins else name: array for name, array in feed.items()}
        (tensors,) = self._judge.run(self._data, [given], kernels)
        return compare(self._graph, tensors, self._operators)
