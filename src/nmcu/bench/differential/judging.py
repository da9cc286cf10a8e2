"""A network's reading against the runtime of its file: every layer fed the runtime's own tensors."""

from collections.abc import Mapping
from functools import cache

from nmcu.bench.differential.case import Case
from nmcu.bench.differential.outcome import Outcome, sentence
from nmcu.frontend.from_tflite import file as tf
from nmcu.graph import Graph
from nmcu.graph.op import Array
from nmcu.judge import Judge, JudgeError, Key
from nmcu.verification import Examiner

SECONDS = 20.0


def compared(case: Case, graph: Graph) -> Outcome:
    """What `graph`, read from `case`, is beside the runtime's tensors for all its feeds."""
    examiner, codes, most = Examiner(case.data, graph, judge()), _codes(case), 0.0
    for feeds in [sequence_of(case, graph)] if graph.states else [[feed] for feed in case.feeds]:
        try:
            comparisons = examiner.sequence(feeds)
        except JudgeError as error:
            return Outcome("unjudged", key=sentence(str(error)), text=str(error))
        for fault in (fault for comparison in comparisons for fault in comparison.faults):
            code = codes.get(fault.tensor)
            key = f"{code} as {fault.kind}" if code else f"{fault.kind} outside tolerance"
            return Outcome("outside", int(min(fault.steps, 1e9)), key, str(fault))
        most = max([most, *(comparison.steps for comparison in comparisons)])
    return Outcome("agrees", int(most))


def sequence_of(case: Case, graph: Graph) -> list[Mapping[str, Array]]:
    """The feeds of a network, those of one with states twice: its states then hold what they held at no start."""
    return [*case.feeds, *case.feeds] if graph.states else [case.feeds[0]]


@cache
def judge() -> Judge:
    """One worker for all networks of this process; it ends with it."""
    return Judge(time_s=SECONDS)


def _codes(case: Case) -> Mapping[Key, str]:
    """The TFLite operator that writes a tensor, by the tensor's index."""
    if case.format != "tflite":
        return {}
    return {i: operator.code for operator in tf.parse(case.data).operators for i in operator.outputs}
