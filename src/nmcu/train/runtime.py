"""A fake-quantised network against ONNX Runtime on its file: every value from the runtime's own values before it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nmcu.train.agreement import outputs
from nmcu.train.fakequant import ActivationQuant
from nmcu.train.ranges import quantizers, value_of


def session(data: bytes) -> ort.InferenceSession:
    """Without optimisation, with which ONNX Runtime 1.32 is wrong of AveragePool with ceil_mode."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def layer_steps(model: nn.Module, sample: Tensor, data: bytes) -> dict[str, float]:
    """The largest difference of each value of the quantised `model`, in its steps, by name, in the model's order.

    `data` is its exported file, whose batch is 1. A layer that rounds a value on an edge the other way is one step off;
    those behind it are not, as they compute with the runtime's values.
    """
    file, quants = onnx.load_from_string(data), quantizers(model)
    values = {node.name: node.output[0] for node in file.graph.node}
    places = {n: values[f"{value_of(n)}.dequantize"] for n in quants if f"{value_of(n)}.dequantize" in values}
    known = {output.name for output in file.graph.output}
    file.graph.output.extend(onnx.ValueInfoProto(name=name) for name in sorted({*places.values()} - known))
    runtime = session(file.SerializeToString())
    found: dict[str, float] = {}
    for row in sample:
        arrays = runtime.run([*places.values()], {runtime.get_inputs()[0].name: row[None].numpy()})
        theirs = dict(zip(places, arrays, strict=True))
        hooks = [
            quants[name].register_forward_hook(_Substitute(value_of(name), array, found), with_kwargs=True)
            for name, array in theirs.items()
        ]
        try:
            outputs(model, row[None])
        finally:
            for hook in hooks:
                hook.remove()
    return found


class _Substitute:
    """Notes how far a quantiser's result is from the runtime's, and gives the runtime's on."""

    def __init__(self, name: str, theirs: NDArray[Any], found: dict[str, float]) -> None:
        self._name, self._theirs, self._found = name, torch.from_numpy(np.array(theirs)), found

    def __call__(
        self, quant: nn.Module, given: tuple[Tensor, ...], options: Mapping[str, bool], result: Tensor
    ) -> Tensor:
        assert isinstance(quant, ActivationQuant)
        if options.get("moved") or self._theirs.shape != result.shape:
            return result
        steps = float(((self._theirs - result) / quant.scale).abs().max())
        self._found[self._name] = max(steps, self._found.get(self._name, 0.0))
        return self._theirs.clone()
