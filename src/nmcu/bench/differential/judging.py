"""A network's reading against the runtime of its file: every layer fed the runtime's own tensors."""

from collections.abc import Mapping
from functools import cache

from nmcu.bench.differential.case import Case
from nmcu.bench.differential.outcome import Outcome, sentence
from nmcu.frontend.from_tflite import file as tf
from nmcu.graph import Graph
from nmcu.judge import Judge, JudgeError, Key
from nmcu.verification import Examiner

SECONDS = 20.0


def compared(case: Case, graph: Graph) -> Outcome:
    """What `graph`, read from `case`, is beside the runtime's tensors for all its feeds."""
    examiner, codes, most = Examiner(case.data, graph, judge()), _codes(case), 0.0
    for feed in case.feeds:
        try:
            comparison = examiner.examine(feed)
        except JudgeError as error:
            return Outcome("unjudged", key=sentence(str(error)), text=str(error))
        for fault in comparison.faults:
            code = codes.get(fault.tensor)
            key = f"{code} as {fault.kind}" if code else f"{fault.kind} outside tolerance"
            return Outcome("outside", int(min(fault.steps, 1e9)), key, str(fault))
        most = max(most, comparison.steps)
    return Outcome("agrees", int(most))


@cache
def judge() -> Judge:
    """One worker for all networks of this process; it ends with it."""
    return Judge(time_s=SECONDS)


def _codes(case: Case) -> Mapping[Key, str]:
    """The TFLite operator that writes a tensor, by the tensor's index."""
    if case.format != "tflite":
        return {}
    return {i: operator.code for operator in tf.parse(case.data).operators for i in operator.outputs}
