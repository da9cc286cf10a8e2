"""One network from file to verdict."""

from nmcu import operators
from nmcu.bench.differential import judging
from nmcu.bench.differential.case import Case
from nmcu.bench.differential.device import simulated
from nmcu.bench.differential.outcome import Outcome, crash, sentence
from nmcu.bench.differential.tflite import judging as tflite
from nmcu.errors import ModelError
from nmcu.graph import reference

TOLERANCE = 1


def attempt(case: Case, on_device: bool = False) -> Outcome:
    """What becomes of `case`: read by us, run by the runtime, compared; then compiled and simulated, if asked."""
    try:
        graph = operators.parse(case.data, f"model.{case.format}")
        for feed in case.feeds:
            reference.run_model(graph, feed)
    except ModelError as error:
        return Outcome("refused", key=sentence(str(error)), text=str(error))
    except Exception as error:
        return crash(error)
    try:
        outcome = tflite.compared(case, graph) if case.format == "tflite" else _compared(case)
    except Exception as error:
        return crash(error)
    if on_device and outcome.verdict == "agrees":
        device = simulated(graph, case.feeds[0])
        return outcome if device.verdict == "agrees" else device
    return outcome


def _compared(case: Case) -> Outcome:
    """Our reading against the runtime, layer by layer."""
    most = 0
    try:
        for found in judging.compare(case.data, case.feeds):
            if found.steps > TOLERANCE:
                return Outcome("outside", found.steps, f"{found.op} outside tolerance", found.text)
            most = max(most, found.steps)
    except judging.NotRun as error:
        return Outcome("unjudged", key=sentence(str(error)), text=str(error))
    except ModelError as error:
        return Outcome("refused", key=f"with all tensors as outputs: {sentence(str(error))}", text=str(error))
    except Exception as error:
        return crash(error)
    return Outcome("agrees", most)
