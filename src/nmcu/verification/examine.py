"""One input: the runtime is asked, and where it may be wrong exact arithmetic or its other kernels."""

import dataclasses
from collections.abc import Iterable, Mapping

from nmcu.frontend.from_tflite import file as tf
from nmcu.graph import Graph
from nmcu.graph.op import Array
from nmcu.judge import Judge, JudgeError, Key, Runtime, runtime_of
from nmcu.judge.judge import Kernels
from nmcu.operators import Operator
from nmcu.verification import exact_onnx, exact_tflite
from nmcu.verification.compare import compare
from nmcu.verification.finding import Comparison


class Examiner:
    """Compares `graph`, read from the model file `data`, with its runtime, input by input.

    A fault stands where neither the runtime nor exact arithmetic agrees, nor, for TFLite, LiteRT's default kernels.
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
        tensors = self._tensors(feed, "reference")
        found = compare(self._graph, tensors, self._operators)
        if not found.faults:
            return found
        found = compare(self._graph, tensors, self._operators, self._right(found, tensors))
        if not found.faults or self.runtime.format == "onnx":
            return found
        try:
            again = compare(self._graph, self._tensors(feed, "default"), self._operators)
        except JudgeError:
            return found
        passed = {(finding.tensor, finding.layers): finding for finding in again.findings if finding.ok}
        kept = tuple(f if f.ok else passed.get((f.tensor, f.layers), f) for f in found.findings)
        return dataclasses.replace(found, findings=kept)

    def _right(self, found: Comparison, tensors: Mapping[Key, Array]) -> Mapping[Key, Array]:
        """What exact arithmetic makes of `tensors`, where it is known, instead of those at fault."""
        held = {origin.key for origins in self._graph.origins.values() for origin in origins}
        wanted = {fault.tensor for fault in found.faults}
        if self.runtime.format == "onnx":
            return exact_onnx.results(self._data, wanted, tensors, held)
        return exact_tflite.results(tf.parse(self._data), wanted, tensors, held)

    def _tensors(self, feed: Mapping[str, Array], kernels: Kernels) -> dict[Key, Array]:
        origins = self._graph.origins
        given = {origins[name][0].key if name in origins else name: array for name, array in feed.items()}
        (tensors,) = self._judge.run(self._data, [given], kernels)
        return tensors
