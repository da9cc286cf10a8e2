"""One PyTorch network through pruning, quantisation and export, compared at every step."""

import re
import tempfile
import warnings
from pathlib import Path

import torch
from torch import Tensor, fx, nn

from nmcu import train
from nmcu.bench.differential import trial
from nmcu.bench.differential.case import Case
from nmcu.bench.differential.outcome import Outcome, crash, sentence
from nmcu.bench.differential.torch.learning import stopped
from nmcu.bench.differential.torch.source import Source, read
from nmcu.errors import NmcuError
from nmcu.registry import Registry
from nmcu.train.agreement import outputs
from nmcu.train.fakequant import HIGH, LOW, ActivationQuant, WeightQuant
from nmcu.train.flatten import flattened
from nmcu.train.quantize import quantised_copy
from nmcu.train.rules import Rules
from nmcu.train.runtime import layer_steps
from nmcu.train.trace import traced

FEEDS = 2
TOLERANCE = 1
"""Steps that a fake-quantised layer may be from ONNX Runtime, fed the runtime's values."""
SOFTMAX_STEP = 1 / 256
"""What the softmax of many values is rounded to, whatever its range."""
IN_PLACE = re.compile(r" [+*]= |inplace=True")
"""What PyTorch traces as if it made new values: under views the copy is another network, and refused."""
EXACT = 2e-3
"""Largest difference of the copy, its values unrounded but bounded as in int8, in parts of the largest output."""
NOISE = 0.5
"""Largest deviation of what rounding changes, in parts of the output's own."""


def attempt(case: Case, on_device: bool = False) -> Outcome:
    """What becomes of the network whose source is `case.data`; its file, where it is exported, goes the way of all."""
    torch.set_num_threads(1)
    model, source = read(case.data.decode())
    sample, in_place = source.sample(), IN_PLACE.search(case.text) is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _prune(model, source)
            quantized = quantised_copy(model, sample, _rules())
        except NmcuError as error:
            wrong = "fault of nmcu" in str(error) and not in_place
            return Outcome("outside" if wrong else "refused", key=sentence(str(error)), text=str(error))
        except Exception as error:
            return crash(error)
        outcome = _compared(model, quantized, sample, in_place)
        if outcome.failed or not (source.exported or on_device):
            return outcome
        outcome, data = _exported(quantized, sample, case.text)
    if data is None:
        return outcome
    feeds = tuple({"input": row[None].numpy()} for row in sample[:FEEDS])
    steps = layer_steps(quantized, sample[:FEEDS], data)
    worst = max(steps, key=lambda name: steps[name], default=None)
    if worst is not None and not round(steps[worst]) <= TOLERANCE:
        text = f"value {worst!r} is {steps[worst]} steps off, from ONNX Runtime's own values before it"
        return Outcome(
            "outside", round(steps[worst]), "the exported layer is not the fake-quantised one", text
        )
    return trial.attempt(Case("onnx", data, case.operators, feeds, case.text), on_device)


def _prune(model: nn.Module, source: Source) -> None:
    """Prune `model` in place where `source` says so and there is something to prune."""
    if source.pattern is None:
        return
    graph, _ = traced(model, source.sample())
    channels = flattened(graph, _rules())
    try:
        sparsifier = train.sparsify(model, source.pattern, channels=channels)
    except NmcuError as error:
        if "no layer to prune" in str(error) or "matches no" in str(error):
            return
        raise
    if source.finished:
        sparsifier.finish()
    else:
        sparsifier.step()


def _rules() -> Rules:
    return Rules.of(Registry.installed().operators.values())


def _compared(model: nn.Module, quantized: fx.GraphModule, sample: Tensor, in_place: bool) -> Outcome:
    """The copy against the user's module: exactly without rounding, statistically with it, and where both learn."""
    expected = outputs(model, sample)
    unrounded = _unrounded(quantized, sample)
    for i, (a, b) in enumerate(zip(expected, unrounded, strict=True)):
        difference, largest = float((a - b).abs().max()), float(a.abs().max())
        if a.shape != b.shape or not difference <= EXACT * largest + 1e-6:
            text = f"output {i} differs by {difference:.3g} of {largest:.3g} before rounding"
            return Outcome("outside", key="the quantised copy is another network", text=text)
    train.calibrate(quantized, [sample])
    for i, (a, b) in enumerate(zip(expected, outputs(quantized, sample), strict=True)):
        deviation, own = float((a - b).std()), float(a.std())
        if not deviation <= NOISE * own + 0.02 * float(a.abs().max()) + SOFTMAX_STEP:
            text = f"output {i} differs by {deviation:.3g} where it varies by {own:.3g}"
            return Outcome("outside", key="int8 rounding changes the result", text=text)
    layer = None if in_place else stopped(model, quantized, sample)
    if layer is not None:
        return Outcome(
            "outside", key="a layer no longer learns", text=f"the weight of {layer!r} gets no gradient"
        )
    return Outcome("agrees")


def _exported(quantized: fx.GraphModule, sample: Tensor, case_text: str) -> tuple[Outcome, bytes | None]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.onnx")
        try:
            train.export(quantized, sample, path)
        except NmcuError as error:
            text = str(error).replace(folder, "")
            # what the file says is wrong; all else `quantize` refuses in its rehearsal, an exporter's gap too
            differs = "quantisation steps" in text and "divisor_override" not in case_text
            return Outcome("outside" if differs else "refused", key=sentence(text), text=text), None
        except Exception as error:
            return crash(error), None
        return Outcome("agrees"), path.read_bytes()


def _unrounded(quantized: nn.Module, sample: Tensor) -> list[Tensor]:
    """What it gives with its weights as they are, and values bounded to their codes, one further each way."""
    hooks = [
        module.register_forward_hook(lambda module, given, result: given[0])
        for module in quantized.modules()
        if isinstance(module, WeightQuant)
    ]
    train.calibrate(quantized, [sample])
    hooks += [m.register_forward_hook(_bound) for m in quantized.modules() if isinstance(m, ActivationQuant)]
    try:
        return outputs(quantized, sample)
    finally:
        for hook in hooks:
            hook.remove()


def _bound(quant: nn.Module, given: tuple[Tensor, ...], _: Tensor) -> Tensor:
    assert isinstance(quant, ActivationQuant)
    low, high = ((code - quant.zero_point) * quant.scale for code in (LOW - 1, HIGH + 1))
    return torch.minimum(torch.maximum(given[0], low), high)
