"""Which PyTorch operations have an int8 form, and what kind of operation each is."""

import operator
from typing import Any

import torch
from torch import nn
from torch.nn import functional

LAYERS = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
"""Modules with int8 weights."""

CLAMPS: frozenset[Any] = frozenset(
    (
        nn.ReLU,
        nn.ReLU6,
        nn.Hardtanh,
        functional.relu,
        functional.relu6,
        functional.hardtanh,
        torch.relu,
        torch.clamp,
    )
    + ("relu", "clamp")
)
"""Fused into the layer before them."""

SOFTMAX: frozenset[Any] = frozenset((nn.Softmax, functional.softmax, torch.softmax, "softmax"))

NOTHING: frozenset[Any] = frozenset((nn.Identity, nn.Dropout, nn.Dropout2d, functional.dropout, "contiguous"))
"""Absent from the exported model."""

MOVES: frozenset[Any] = frozenset(
    (nn.Flatten, nn.Unflatten, nn.MaxPool2d, torch.flatten, torch.reshape, torch.transpose, torch.permute)
    + (torch.squeeze, torch.unsqueeze, torch.chunk, torch.split, operator.getitem, functional.max_pool2d)
    + ("flatten", "reshape", "view", "transpose", "permute", "squeeze", "unsqueeze", "chunk", "split")
)
"""Values keep their scale and zero point."""

COMPUTES: frozenset[Any] = frozenset(
    (*LAYERS, *CLAMPS, *SOFTMAX, nn.LayerNorm, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Upsample)
    + (nn.GELU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Hardswish, nn.Hardsigmoid, nn.LeakyReLU, nn.ELU)
    + (
        operator.add,
        operator.iadd,
        operator.sub,
        operator.mul,
        operator.imul,
        operator.truediv,
        operator.matmul,
    )
    + (
        torch.add,
        torch.sub,
        torch.mul,
        torch.matmul,
        torch.bmm,
        torch.cat,
        torch.mean,
        torch.sigmoid,
        torch.tanh,
    )
    + (functional.gelu, functional.silu, functional.sigmoid, functional.tanh, functional.hardswish)
    + (
        functional.hardsigmoid,
        functional.leaky_relu,
        functional.elu,
        functional.layer_norm,
        functional.interpolate,
    )
    + (functional.avg_pool2d, functional.adaptive_avg_pool2d)
    + ("add", "sub", "mul", "matmul", "mean", "sigmoid", "tanh")
)
"""Values get a scale and zero point of their own."""


def names() -> str:
    """All supported operations, for error messages."""
    known = NOTHING | MOVES | COMPUTES
    return ", ".join(sorted({k if isinstance(k, str) else str(k.__name__) for k in known}))
