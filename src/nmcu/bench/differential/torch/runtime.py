"""A fake-quantised network against ONNX Runtime on its file: every value from the runtime's own values before it."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from nmcu.bench.differential import judging
from nmcu.graph.op import Array
from nmcu.train.fakequant import ActivationQuant
from nmcu.train.ranges import value_of


def differences(quantized: nn.Module, data: bytes, feeds: Sequence[Mapping[str, Array]]) -> dict[str, int]:
    """The largest difference of each value of `quantized`, in steps, by its name.

    `data` is its exported file. Raises `judging.NotRun`.
    """
    found: dict[str, int] = {}
    for feed, tensors in zip(feeds, judging.run(judging.with_all_outputs(data), feeds), strict=True):
        hooks = [
            module.register_forward_hook(_Substitute(value_of(name), tensors, found), with_kwargs=True)
            for name, module in quantized.named_modules()
            if isinstance(module, ActivationQuant)
        ]
        try:
            with torch.no_grad():
                quantized(torch.from_numpy(feed["input"]))
        finally:
            for hook in hooks:
                hook.remove()
    return found


class _Substitute:
    """Notes how far a quantiser's result is from the runtime's, and gives the runtime's on."""

    def __init__(self, name: str, tensors: Mapping[str, Array], found: dict[str, int]) -> None:
        self._name, self._tensors, self._found = name, tensors, found

    def __call__(
        self, quant: nn.Module, given: tuple[Tensor, ...], options: Mapping[str, bool], result: Tensor
    ) -> Tensor:
        assert isinstance(quant, ActivationQuant)
        theirs = self._tensors.get(f"{self._name}.quantize")
        if theirs is None or options.get("moved") or theirs.shape != tuple(result.shape):
            return result
        value = (torch.from_numpy(theirs.astype(np.float32)) - quant.zero_point) * quant.scale
        steps = int(((value - result) / quant.scale).abs().round().max())
        self._found[self._name] = max(steps, self._found.get(self._name, 0))
        return value
