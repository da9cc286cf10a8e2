"""Whether the layers of a quantised network still learn where those of the user's do."""

import torch
from torch import Tensor, nn

from nmcu.train.masks import PRUNABLE

DECAY = 1e-3
"""What the decay of pruned weights may give alone, behind a layer that is all zero."""
SMALL = 1e-3
"""A gradient that may be rounding, in parts of the largest of its network."""


def stopped(model: nn.Module, quantized: nn.Module, sample: Tensor) -> str | None:
    """The name of a layer whose weight gets a gradient in `model`, but none in `quantized`."""
    before, after = _gradients(model, sample), _gradients(quantized, sample)
    largest = max(before.values(), default=0.0)
    names = (
        name for name, size in before.items() if size > max(SMALL * largest, DECAY) and after.get(name) == 0
    )
    return next(names, None)


def _gradients(network: nn.Module, sample: Tensor) -> dict[str, float]:
    """The largest gradient of each layer's weight, by the layer's name, for a sum of outputs weighted at random."""
    network.zero_grad()
    result = network(sample.clone())
    generator = torch.Generator().manual_seed(0)
    values = result if isinstance(result, tuple | list) else [result]
    loss = sum((y * torch.randn(y.shape, generator=generator)).sum() for y in values)
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        return {}
    loss.backward()  # type: ignore[no-untyped-call]
    return {
        name: max(float(p.grad.abs().max()) if p.grad is not None else 0.0 for p in _weights(layer))
        for name, layer in network.named_modules()
        if isinstance(layer, PRUNABLE)
    }


def _weights(layer: nn.Module) -> list[nn.Parameter]:
    """What is trained behind the weight of `layer`."""
    return [p for name, p in layer.named_parameters() if name == "weight" or ".weight.original" in name]
