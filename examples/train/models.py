"""The networks of the recipes, as plain PyTorch modules."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nmcu.errors import NmcuError


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut: (N, cin, H, W) to (N, cout, H/stride, W/stride)."""

    def __init__(self, cin: int, cout: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.relu2 = nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or cin != cout:
            self.shortcut = nn.Sequential()
            self.shortcut.add_module("conv", nn.Conv2d(cin, cout, 1, stride, bias=False))
            self.shortcut.add_module("bn", nn.BatchNorm2d(cout))

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu2(y + self.shortcut(x))


class ResNet(nn.Module):
    """A 3x3 stem, stages of residual blocks that double the width, global pooling, a linear classifier.

    `blocks` gives the number of blocks per stage. (1, 1, 1) with width 16 is the ResNet8 of MLPerf Tiny;
    (2, 2, 2, 2) with width 64 is ResNet18 in its CIFAR form.
    """

    def __init__(self, width: int = 16, blocks: tuple[int, ...] = (1, 1, 1), classes: int = 10) -> None:
        super().__init__()
        self.stem = nn.Sequential()
        self.stem.add_module("conv", nn.Conv2d(3, width, 3, 1, 1, bias=False))
        self.stem.add_module("bn", nn.BatchNorm2d(width))
        self.stem.add_module("relu", nn.ReLU())
        self.stages = tuple(f"stage{i + 1}" for i in range(len(blocks)))
        cin = width
        for i, (name, depth) in enumerate(zip(self.stages, blocks, strict=True)):
            cout = width << i
            first = ResidualBlock(cin, cout, 1 if i == 0 else 2)
            rest = [ResidualBlock(cout, cout) for _ in range(depth - 1)]
            self.add_module(name, nn.Sequential(first, *rest) if rest else first)
            cin = cout
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(cin, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for name in self.stages:
            x = self.get_submodule(name)(x)
        return self.fc(self.flatten(self.pool(x)))


class Attention(nn.Module):
    """Multi-head self-attention over (N, tokens, width), written with plain linear layers and matmuls."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.depth = heads, width // heads
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width)
        self.v = nn.Linear(width, width)
        self.softmax = nn.Softmax(dim=-1)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        q = self._split(self.q(x) * self.depth**-0.5)
        k = self._split(self.k(x))
        v = self._split(self.v(x))
        weights = self.softmax(q @ k.transpose(2, 3))
        return self.proj((weights @ v).transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], x.shape[1], self.heads, self.depth).transpose(1, 2)


class TransformerBlock(nn.Module):
    """Pre-norm attention and MLP, each with a residual connection; (N, tokens, width) in and out."""

    def __init__(self, width: int, heads: int, ratio: int = 4, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential()
        self.mlp.add_module("fc1", nn.Linear(width, ratio * width))
        self.mlp.add_module("gelu", nn.GELU())
        self.mlp.add_module("fc2", nn.Linear(ratio * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.dropout(self.attn(self.norm1(x)))
        return x + self.dropout(self.mlp(self.norm2(x)))


class ViT(nn.Module):
    """Vision Transformer with a learned position per token and mean pooling instead of a class token.

    It takes images of `size` pixels, which `take` changes for a while.
    """

    def __init__(
        self,
        width: int = 384,
        depth: int = 12,
        heads: int = 6,
        patch: int = 4,
        size: int = 32,
        classes: int = 10,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.size, self.side = size, size // patch
        self.patch = nn.Conv2d(3, width, patch, patch)
        self.position = nn.Parameter(0.02 * torch.randn(1, self.side**2, width))
        self.blocks = nn.Sequential(*(TransformerBlock(width, heads, dropout=dropout) for _ in range(depth)))
        self.norm = nn.LayerNorm(width)
        self.fc = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x).flatten(2).transpose(1, 2) + self._positions()
        return self.fc(self.norm(self.blocks(x)).mean(1))

    def _positions(self) -> Tensor:
        """One for each token: those learned, or what lies between them."""
        side = self.size // self.patch.kernel_size[0]
        if side == self.side:
            return self.position
        grid = self.position.transpose(1, 2).unflatten(2, (self.side, self.side))
        return functional.interpolate(grid, (side, side), mode="bilinear").flatten(2).transpose(1, 2)


def take(model: nn.Module, size: int) -> None:
    """Let `model` have images of `size` pixels from now on; networks of convolutions take any."""
    if isinstance(model, ViT):
        model.size = size


BUILDERS: dict[str, Callable[..., nn.Module]] = {"resnet": ResNet, "vit": ViT}


def build(name: str, **options: Any) -> nn.Module:
    """The network `name` (a key of `BUILDERS`) with the options of its constructor; lists become tuples."""
    if name not in BUILDERS:
        raise NmcuError(f"unknown model {name!r}: {' and '.join(BUILDERS)} are there")
    try:
        return BUILDERS[name](**{k: tuple(v) if isinstance(v, list) else v for k, v in options.items()})
    except (TypeError, ValueError, ZeroDivisionError) as error:
        wanted = ", ".join(inspect.signature(BUILDERS[name]).parameters)
        raise NmcuError(
            f"no {name} can be built with {options}: {error}; the options are {wanted}"
        ) from error
