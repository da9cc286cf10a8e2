"""What single results of a layer are computed from."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from nmcu.train import masks


def windows(
    x: Tensor, layer: nn.Conv1d | nn.Conv2d | nn.Linear, count: int, seed: int, channels: int | None = None
) -> Tensor:
    """The inputs of `count` results of `layer`, or of all where it has fewer, each in the order of the weights on the
    device, as `masks.reduction_last` has them: (results, K). `seed` chooses; `channels` is as of `sparsify`."""
    if isinstance(layer, nn.Linear):
        rows = x.reshape(-1, x.shape[-1])
        picked = rows[_picked(len(rows), count, seed).to(x.device)]
        return masks.reduction_last(picked, channels).reshape(len(picked), -1)
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    padded = functional.pad(x, layer._reversed_padding_repeated_twice, mode=mode)
    maps = padded.unsqueeze(-2) if isinstance(layer, nn.Conv1d) else padded
    kernel, stride, dilation = (
        (1, *each) if isinstance(layer, nn.Conv1d) else each
        for each in (layer.kernel_size, layer.stride, layer.dilation)
    )
    height, width = (
        (size - d * (k - 1) - 1) // s + 1
        for size, k, s, d in zip(maps.shape[2:], kernel, stride, dilation, strict=True)
    )
    place = _picked(len(maps) * height * width, count, seed).to(x.device)
    image, row, column = place // (height * width), place // width % height, place % width
    taps = [
        maps[image, :, row * stride[0] + y * dilation[0], column * stride[1] + z * dilation[1]]
        for y in range(kernel[0])
        for z in range(kernel[1])
    ]
    return torch.cat(taps, dim=1)


def _picked(total: int, count: int, seed: int) -> Tensor:
    if total <= count:
        return torch.arange(total)
    return torch.from_numpy(np.random.default_rng(seed).choice(total, count, replace=False))
