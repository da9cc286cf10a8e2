"""One network from file to verdict."""

from nmcu import operators
from nmcu.bench.differential.case import Case
from nmcu.bench.differential.device import simulated
from nmcu.bench.differential.judging import compared, sequence_of
from nmcu.bench.differential.outcome import Outcome, crash, sentence
from nmcu.bench.differential.whole import same_as_whole
from nmcu.errors import ModelError


def attempt(case: Case, on_device: bool = False) -> Outcome:
    """What becomes of `case`: read by us, run by the runtime, compared; then compiled and simulated, if asked."""
    try:
        graph = operators.parse(case.data, f"model.{case.format}")
        outcome = compared(case, graph)
        if case.format == "onnx" and outcome.verdict == "agrees":
            whole = same_as_whole(case, graph)
            outcome = outcome if whole.verdict == "agrees" else whole
    except ModelError as error:
        return Outcome("refused", key=sentence(str(error)), text=str(error))
    except Exception as error:
        return crash(error)
    if on_device and outcome.verdict == "agrees":
        device = simulated(graph, sequence_of(case, graph))
        return outcome if device.verdict == "agrees" else device
    return outcome
