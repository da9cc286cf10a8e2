"""Which PyTorch operations have an int8 form, and what kind of operation each is."""

import operator as op
from typing import Any

import torch
from torch import nn
from torch.nn import functional as fn

Kinds = frozenset[Any]
"""Module classes, functions, and method names as strings."""

LAYERS = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
"""Modules with int8 weights."""

CLAMPS: Kinds = frozenset({nn.ReLU, nn.ReLU6, nn.Hardtanh, "relu", "clamp", torch.relu, torch.clamp})
CLAMPS |= {fn.relu, fn.relu6, fn.hardtanh}
"""Fused into the layer before them."""

SOFTMAX: Kinds = frozenset({nn.Softmax, fn.softmax, torch.softmax, "softmax"})

NOTHING: Kinds = frozenset({nn.Identity, nn.Dropout, nn.Dropout2d, fn.dropout, "contiguous"})
"""Absent from the exported model."""

MOVES: Kinds = frozenset({nn.Flatten, nn.Unflatten, nn.MaxPool2d, fn.max_pool2d, op.getitem})
MOVES |= {torch.flatten, torch.reshape, torch.transpose, torch.permute, torch.squeeze, torch.unsqueeze}
MOVES |= {torch.chunk, torch.split, "flatten", "reshape", "view", "transpose", "permute", "squeeze"}
MOVES |= {"unsqueeze", "unflatten", "chunk", "split"}
"""Values keep their scale and zero point."""

COMPUTES: Kinds = CLAMPS | SOFTMAX | {*LAYERS, nn.LayerNorm, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.Upsample}
COMPUTES |= {nn.GELU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Hardswish, nn.Hardsigmoid, nn.LeakyReLU, nn.ELU}
COMPUTES |= {nn.PReLU, nn.Softplus, nn.Softsign, nn.Mish, nn.SELU, nn.CELU}
COMPUTES |= {op.add, op.iadd, op.sub, op.mul, op.imul, op.truediv, op.matmul, torch.add, torch.sub, torch.mul}
COMPUTES |= {torch.matmul, torch.bmm, torch.cat, torch.mean, torch.sigmoid, torch.tanh}
COMPUTES |= {fn.gelu, fn.silu, fn.sigmoid, fn.tanh, fn.hardswish, fn.hardsigmoid, fn.leaky_relu, fn.elu}
COMPUTES |= {fn.softplus, fn.softsign, fn.mish, fn.selu, fn.celu, torch.maximum, torch.minimum}
COMPUTES |= {fn.layer_norm, fn.interpolate, fn.avg_pool2d, fn.adaptive_avg_pool2d}
COMPUTES |= {"add", "sub", "mul", "matmul", "mean", "sigmoid", "tanh"}
"""Values get a scale and zero point of their own."""


def names() -> str:
    """All supported operations, for error messages."""
    known = NOTHING | MOVES | COMPUTES
    return ", ".join(sorted({k if isinstance(k, str) else str(k.__name__) for k in known}))
