"""A quantised PyTorch model as QDQ ONNX: int8 weights, int32 biases, names from the model; checked."""

import copy
import logging
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime as ort
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from nmcu import operators
from nmcu.errors import NmcuError
from nmcu.files import write_atomically
from nmcu.registry import Registry
from nmcu.train import masks, qdq
from nmcu.train.agreement import outputs
from nmcu.train.fakequant import ActivationQuant, FixedWeightQuant, channel_axis, weight_scale
from nmcu.train.quantize import calibrate, check_calibrated, quantize, value_of
from nmcu.train.sparsify import check
from nmcu.train.trace import check_sample, make_plain

OPSET = 18
MEAN_STEPS = 1.0
"""Largest mean difference between ONNX Runtime and PyTorch, in steps of the output: rounding edges, no more."""


def export(
    model: nn.Module,
    sample: Tensor,
    path: str | Path,
    *,
    mean: float | Sequence[float] = 0.0,
    std: float | Sequence[float] = 1.0,
    metadata: Mapping[str, str] | None = None,
) -> float:
    """Write `model` to `path` as QDQ ONNX for one float32 input (N = 1, layout as in PyTorch).

    `model` comes from `quantize`; any other module is quantised here, its ranges calibrated on `sample`, a batch of
    inputs. `mean` and `std` (one number or one per channel) go into the metadata `nmcu.mean` and `nmcu.std`: the input
    is `(pixel / 255 - mean) / std`. Before the file appears every pattern is checked in the int8 weights, and ONNX
    Runtime against PyTorch on `sample`. Returns their mean difference in quantisation steps of the output (values on
    a rounding edge), the largest one where the model has several outputs, which are called `output0`, `output1`, ...;
    more than one step raises `NmcuError`, as does a model that was never calibrated, that cannot be exported, or whose
    file nmcu could not run.
    """
    check_sample(sample)
    path = Path(path)
    operators.check_suffix(path)
    described = {**_normalisation(mean, std, sample.shape[1:]), **(metadata or {})}
    if not any(isinstance(m, ActivationQuant) for m in model.modules()):
        model = quantize(model, sample)
        calibrate(model, [sample])
    check_calibrated(model)
    fixed = _with_fixed_scales(model).eval().cpu()
    sample = sample.cpu()
    data = _to_onnx(fixed, sample[:1], described)
    differences = _differences(copy.deepcopy(model).eval().cpu(), sample, data)
    name = max(differences, key=lambda output: differences[output])
    if not differences[name] <= MEAN_STEPS:
        raise NmcuError(
            f"ONNX Runtime and PyTorch differ by {differences[name]:.2f} quantisation steps of {name!r} on average (at "
            f"most {MEAN_STEPS} is rounding): {path} was not written"
        )
    operators.parse(data, path.name, operators=Registry.installed().operators.values())
    write_atomically(path, data)
    return differences[name]


def _with_fixed_scales(model: nn.Module) -> nn.Module:
    """A copy whose weights are masked for good and quantised with constant scales, every pattern checked."""
    fixed = copy.deepcopy(model)
    for name, module in list(fixed.named_modules()):
        if not parametrize.is_parametrized(module, "weight"):
            continue
        mask = masks.of(module)
        dense = masks.dense_weight(module)
        weight, axis = dense if mask is None else mask(dense), channel_axis(module)
        make_plain(module)
        module.weight = nn.Parameter(weight.detach().clone())
        parametrize.register_parametrization(
            module, "weight", FixedWeightQuant(weight_scale(weight, axis), axis)
        )
        if mask is not None:
            check(name, cast(Tensor, module.weight), mask)
    return fixed


def _to_onnx(model: nn.Module, sample: Tensor, metadata: Mapping[str, str]) -> bytes:
    nchw = torch.contiguous_format  # channels_last strides would export as Gather
    count = len(outputs(model, sample))
    try:
        with _quiet():
            program = torch.onnx.export(
                model.to(memory_format=nchw),  # type: ignore[call-overload]
                (sample.clone(memory_format=nchw),),
                dynamo=True,
                opset_version=OPSET,
                input_names=["input"],
                output_names=["output"] if count == 1 else [f"output{i}" for i in range(count)],
                verbose=False,
            )
    except torch.onnx.errors.OnnxExporterError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise NmcuError(f"PyTorch cannot export this model to ONNX: {reason}") from error
    assert program is not None
    qdq.tidy(program.model, value_of)
    program.model.metadata_props.update(metadata)
    proto = ir.to_proto(program.model)
    onnx.checker.check_model(proto, full_check=True)
    return cast(bytes, proto.SerializeToString())


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's notes about torchvision and its own deprecations."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _normalisation(
    mean: float | Sequence[float], std: float | Sequence[float], shape: Sequence[int]
) -> dict[str, str]:
    """The metadata: one number, or comma-separated ones per channel of an input of `shape` (channels, ...)."""
    texts = {}
    for name, value in (("mean", mean), ("std", std)):
        numbers = [float(v) for v in ([value] if isinstance(value, int | float) else value)]
        possible = all(math.isfinite(v) and (v > 0 or name == "mean") for v in numbers)
        if not possible or len(numbers) not in (1, shape[0]):
            raise NmcuError(
                f"{name} is {value}; one finite number or one for each of {shape[0]} channels is needed, std above 0"
            )
        texts[f"nmcu.{name}"] = ",".join(map(repr, numbers))
    return texts


def _differences(model: nn.Module, sample: Tensor, data: bytes) -> dict[str, float]:
    """Mean difference between ONNX Runtime and `model` on `sample`, in steps of the output, by name of every output."""
    session = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    expected = [y.cpu().numpy() for y in outputs(model, sample)]
    found = [session.run(None, {name: x[None]}) for x in sample.cpu().numpy()]
    steps = _steps(onnx.load_from_string(data).graph)
    return {
        output: float(np.abs(np.concatenate([run[i] for run in found]) - expected[i]).mean() / steps[output])
        for i, output in enumerate(o.name for o in session.get_outputs())
    }


def _steps(graph: onnx.GraphProto) -> dict[str, float]:
    """The quantisation step of every output, by name: the scale of what dequantises it, before moves of its values."""
    constants = {i.name: onnx.numpy_helper.to_array(i) for i in graph.initializer}
    producers = {name: node for node in graph.node for name in node.output}
    steps = {}
    for output in graph.output:
        node = producers.get(output.name)
        while node is not None and node.op_type != "DequantizeLinear":
            node = producers.get(node.input[0])
        if node is None:
            raise NmcuError(
                f"output {output.name!r} is not quantised: every output must come from an int8 layer"
            )
        steps[output.name] = float(constants[node.input[1]])
    return steps
