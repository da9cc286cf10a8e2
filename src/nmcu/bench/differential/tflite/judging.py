"""A TFLite network's reading against LiteRT."""

from collections.abc import Mapping
from functools import cache

from nmcu.bench.differential.case import Case
from nmcu.bench.differential.outcome import Outcome, sentence
from nmcu.frontend.from_tflite import file as tf
from nmcu.graph import Graph
from nmcu.judge import Judge, JudgeError
from nmcu.verification import Examiner

SECONDS = 20.0


def compared(case: Case, graph: Graph) -> Outcome:
    """What `graph`, read from `case`, is beside LiteRT's tensors for all its feeds."""
    examiner, file, most = Examiner(case.data, graph, _judge()), tf.parse(case.data), 0.0
    codes: Mapping[object, str] = {i: o.code for o in file.operators for i in o.outputs}
    for feed in case.feeds:
        try:
            comparison = examiner.examine(feed)
        except JudgeError as error:
            return Outcome("unjudged", key=sentence(str(error)), text=str(error))
        for fault in comparison.faults:
            key = f"{codes.get(fault.tensor, 'input')} as {fault.kind}"
            return Outcome("outside", int(min(fault.steps, 1e9)), key, str(fault))
        most = max(most, comparison.steps)
    return Outcome("agrees", int(most))


@cache
def _judge() -> Judge:
    """One worker for all networks of this process; it ends with it."""
    return Judge(time_s=SECONDS)
