"""A TFLite network's reading against LiteRT's reference kernels, and against exact arithmetic where those differ."""

from collections.abc import Mapping
from functools import cache

from nmcu.bench.differential.case import Case
from nmcu.bench.differential.outcome import Outcome, sentence
from nmcu.frontend.from_tflite import file as tf
from nmcu.graph import Graph
from nmcu.graph.op import Array
from nmcu.judge import Judge, JudgeError, Key
from nmcu.verification import Finding, compare, exact

TOLERANCE = 1.0
"""Steps from the exact result: half of one is rounding."""
SECONDS = 20.0


def compared(case: Case, graph: Graph) -> Outcome:
    """What `graph`, read from `case`, is beside LiteRT's tensors for all its feeds."""
    origins = {info.name: graph.origins[info.name][0].key for info in graph.border.model_inputs}
    feeds = [{origins[name]: array for name, array in feed.items()} for feed in case.feeds]
    try:
        answers = _judge().run(case.data, feeds)
    except JudgeError as error:
        return Outcome("unjudged", key=sentence(str(error)), text=str(error))
    file, most = tf.parse(case.data), 0.0
    for tensors in answers:
        for i, array in tensors.items():
            if isinstance(i, int) and array.shape != file.tensors[i].shape:
                text = f"tensor {i} has shape {file.tensors[i].shape} in the file, {array.shape} in LiteRT"
                return Outcome("outside", key=f"{_writer(file, i).code}: another shape", text=text)
        comparison = compare(graph, tensors)
        for fault in comparison.faults:
            if not _exact(file, fault, tensors):
                code = _writer(file, fault.tensor).code
                return Outcome("outside", int(fault.steps), f"{code} as {fault.kind}", str(fault))
        most = max([most, *(finding.steps for finding in comparison.findings if finding.ok)])
    return Outcome("agrees", int(most))


@cache
def _judge() -> Judge:
    """One worker for all networks of this process; it ends with it."""
    return Judge(time_s=SECONDS)


def _exact(file: tf.File, fault: Finding, tensors: Mapping[Key, Array]) -> bool:
    """True if `fault` is LiteRT's: exact arithmetic gives what we do."""
    known = {key: array for key, array in tensors.items() if isinstance(key, int)}
    codes = exact.codes(file, _writer(file, fault.tensor), known)
    return codes is not None and abs(codes[fault.index] - fault.ours) <= TOLERANCE


def _writer(file: tf.File, tensor: Key) -> tf.Operator:
    return next(operator for operator in file.operators if tensor in operator.outputs)
