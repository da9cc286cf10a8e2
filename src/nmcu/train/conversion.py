"""A quantised PyTorch model as QDQ ONNX: int8 weights, int32 biases, names from the model; checked."""

import copy
import logging
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import cast

import numpy as np
import onnx
import onnx_ir as ir
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from nmcu import operators
from nmcu.errors import NmcuError
from nmcu.operators import Operator
from nmcu.train import masks, qdq
from nmcu.train.agreement import outputs
from nmcu.train.fakequant import FixedWeightQuant, channel_axis, weight_scale
from nmcu.train.ranges import value_of
from nmcu.train.runtime import layer_steps, session
from nmcu.train.sparsify import check
from nmcu.train.trace import make_plain

OPSET = 18
ROWS = 4
"""Inputs that are compared layer by layer."""
LAYER_STEPS = 2.5
"""Largest difference of a layer's result: one is rounding, one more the weights beside a bias that would not fit."""
MEAN_STEPS = 8.0
"""Largest mean difference between ONNX Runtime and PyTorch, in steps of the output. Each layer has been compared by
then: single steps add up, the more the deeper a network and the narrower its outputs' range."""


def converted(
    model: nn.Module,
    sample: Tensor,
    metadata: Mapping[str, str],
    known: Iterable[Operator],
    name: str,
) -> tuple[bytes, float]:
    """The file that `model`, quantised, becomes, and how far ONNX Runtime is from `model` on `sample`.

    The difference is the mean one in quantisation steps of the output, of the output where it is largest. Raises
    `NmcuError` where it is more than `MEAN_STEPS`, where a layer, given ONNX Runtime's own values, is more than
    `LAYER_STEPS` from its result, where the model cannot be exported, or where the operators in
    `known` cannot read the file, which is called `name`.
    """
    data = _to_onnx(_with_fixed_scales(model).eval().cpu(), sample[:1].cpu(), metadata)
    _check_known(data, known)
    operators.parse(data, name, operators=known)
    finished, sample = copy.deepcopy(model).eval().cpu(), sample.cpu()
    _check_layers(finished, sample[:ROWS], data)
    differences = _differences(finished, sample, data)
    output = max(differences, key=lambda each: differences[each])
    if not differences[output] <= MEAN_STEPS:
        raise NmcuError(
            f"ONNX Runtime and PyTorch differ by {differences[output]:.2f} quantisation steps of {output!r} on average "
            f"(at most {MEAN_STEPS:g} is rounding): {name} was not written"
        )
    return data, differences[output]


def _check_known(data: bytes, known: Iterable[Operator]) -> None:
    """Raise `NmcuError` naming the layer that becomes a node which none of the operators in `known` reads."""
    readable = {name for operator in known for name in operator.onnx}
    for node in onnx.load_from_string(data).graph.node:
        if node.op_type not in readable:
            layer = node.name.removesuffix(f".{node.op_type.lower()}")
            raise NmcuError(
                f"{layer!r} has no int8 form: PyTorch exports it with {node.op_type}, as it does adaptive pooling "
                "to sizes that do not divide the map's, and resizing other than nearest and linear"
            )


def _check_layers(model: nn.Module, sample: Tensor, data: bytes) -> None:
    """Raise `NmcuError` naming the first layer that is another one in the file."""
    for name, steps in layer_steps(model, sample, data).items():
        if not steps <= LAYER_STEPS:
            raise NmcuError(
                f"{name!r} differs by {steps:.0f} quantisation steps in ONNX Runtime, given the same values: PyTorch's "
                "exporter leaves something of it out, as a divisor_override; write it in another way"
            )


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
    try:
        onnx.checker.check_model(proto, full_check=True)
    except onnx.shape_inference.InferenceError as error:
        where = re.search(r"node name: ([^)]*?)(\.dequantize)?\)", str(error))
        raise NmcuError(
            f"PyTorch's export of {where.group(1) if where else 'this model'!r} has another shape in ONNX: a pooling "
            "with ceil_mode whose last window would begin behind the map, for one; leave ceil_mode away"
        ) from error
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


def _differences(model: nn.Module, sample: Tensor, data: bytes) -> dict[str, float]:
    """Mean difference between ONNX Runtime and `model` on `sample`, in steps of the output, by name of every output.

    Both are given one input after the other: an output's batch need not be its first axis.
    """
    runtime = session(data)
    name = runtime.get_inputs()[0].name
    with parametrize.cached():
        expected = [[y.cpu().numpy() for y in outputs(model, row[None])] for row in sample]
    found = [runtime.run(None, {name: x[None]}) for x in sample.cpu().numpy()]
    steps = _steps(onnx.load_from_string(data).graph)
    return {
        output: float(
            np.mean([np.abs(a[i] - b[i]).mean() for a, b in zip(found, expected, strict=True)])
            / steps[output]
        )
        for i, output in enumerate(o.name for o in runtime.get_outputs())
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
