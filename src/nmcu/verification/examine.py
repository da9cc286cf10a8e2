"""One input: the runtime is asked, and where it may be wrong exact arithmetic or its other kernels."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from nmcu.frontend.from_tflite import file as tf
from nmcu.frontend.from_tflite.fold import folded
from nmcu.graph import Graph, carried
from nmcu.graph.op import Array
from nmcu.judge import Judge, JudgeError, Key, Runtime, runtime_of
from nmcu.judge.judge import Kernels
from nmcu.operators import Operator
from nmcu.verification import exact_onnx, exact_tflite
from nmcu.verification.compare import compare
from nmcu.verification.finding import Comparison, Held


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
        return self.sequence([feed])[0]

    def sequence(self, feeds: Sequence[Mapping[str, Array]]) -> list[Comparison]:
        """The comparisons on inputs one after the other, the first of which finds the initial states, the others what
        the one before left. Raises `JudgeError`."""
        found: list[Comparison] = []
        for step, tensors in enumerate(self._tensors(feeds, "reference")):
            before = found[-1].after if found else None
            made = self._against_reference(tensors, before)
            if made.faults and self.runtime.format == "tflite":
                made = self._against_default(made, feeds[: step + 1])
            found.append(made)
        return found

    def _against_reference(self, tensors: Mapping[Key, Array], before: Held | None) -> Comparison:
        found = compare(self._graph, tensors, self._operators, before=before)
        if not found.faults:
            return found
        return compare(self._graph, tensors, self._operators, self._right(found, tensors), before)

    def _against_default(self, found: Comparison, feeds: Sequence[Mapping[str, Array]]) -> Comparison:
        """`found` of the last of `feeds` without the faults that LiteRT's default kernels have not."""
        again: Comparison | None = None
        try:
            for tensors in self._tensors(feeds, "default"):
                again = compare(
                    self._graph, tensors, self._operators, before=None if again is None else again.after
                )
        except JudgeError:
            return found
        assert again is not None
        passed = {(finding.tensor, finding.layers): finding for finding in again.findings if finding.ok}
        kept = tuple(f if f.ok else passed.get((f.tensor, f.layers), f) for f in found.findings)
        return dataclasses.replace(found, findings=kept)

    def _right(self, found: Comparison, tensors: Mapping[Key, Array]) -> Mapping[Key, Array]:
        """What exact arithmetic makes of `tensors`, where it is known, instead of those at fault."""
        held = {origin.key for origins in self._graph.origins.values() for origin in origins}
        wanted = {fault.tensor for fault in found.faults}
        if self.runtime.format == "onnx":
            return exact_onnx.results(self._data, wanted, tensors, held)
        return exact_tflite.results(folded(tf.parse(self._data)), wanted, tensors, held)

    def _tensors(self, feeds: Sequence[Mapping[str, Array]], kernels: Kernels) -> list[dict[Key, Array]]:
        origins, states = self._graph.origins, carried(self._graph)
        given = [
            {origins[name][0].key if name in origins else name: array for name, array in feed.items()}
            for feed in feeds
        ]
        given[0] |= {state.input_key: state.initial for state in states}
        carry = {state.input_key: state.output_key for state in states}
        return self._judge.run(self._data, given, kernels, sequence=True, carry=carry)
