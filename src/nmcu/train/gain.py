"""Whether a pattern gains speed in the layers of a PyTorch model, whose maps nobody knows yet."""

from collections.abc import Mapping
from typing import cast

import numpy as np
from torch import Tensor, nn

from nmcu.graph import Builder, Layer, TensorInfo, ops
from nmcu.kernels import Machine, gain, no_gain, without_gain
from nmcu.kernels.gain import Gain
from nmcu.registry import Registry
from nmcu.sparsity import NMPattern, mask

SIDE = 8
"""Of the map that a convolution is taken to give; a linear layer is taken to have one token, or as many as the map."""
MOST_OUT, MOST_IN = 64, 256
"""Channels that are looked at: more of them gain as much."""


def sentence_of_no_gain(
    patterns: Mapping[str, NMPattern], layers: Mapping[str, nn.Module], target: str, isa: str | None
) -> str | None:
    """What to tell of those of `patterns`, by name of a layer, that gain no speed in their `layers`; or None.

    Raises `NmcuError` where `target` or `isa` is not known.
    """
    registry = Registry.installed()
    chip = registry.target(target)
    machine = Machine(chip, registry.isa_for(chip, isa))
    looked_at: dict[tuple[NMPattern, tuple[int, ...], int], Gain] = {}

    def of_layer(pattern: NMPattern, module: nn.Module) -> Gain:
        key = pattern, _shape(module), min(2, getattr(module, "groups", 1))
        if key not in looked_at:
            tokens = (1, SIDE * SIDE) if len(key[1]) == 2 else (0,)
            gains = [gain(registry.kernels.values(), _layer(*key, count), machine) for count in tokens]
            looked_at[key] = min(gains, key=lambda g: g.fastest / max(1, g.dense))
        return looked_at[key]

    found = {}
    for pattern in dict.fromkeys(patterns.values()):
        names = (name for name, own in patterns.items() if own == pattern)
        slow = without_gain({name: of_layer(pattern, layers[name]) for name in names})
        if slow:
            found[str(pattern)] = slow
    return no_gain(found, machine) if found else None


def _shape(module: nn.Module) -> tuple[int, ...]:
    """(Cout, taps..., Cin) of a layer with at most as many channels, the taps as height and width."""
    cout, cin, *window = cast(Tensor, module.weight).shape
    taps = (1, *window)[-2:] if window else ()
    return (min(cout, MOST_OUT), *taps, min(cin, MOST_IN))


def _layer(pattern: NMPattern, shape: tuple[int, ...], groups: int, tokens: int) -> Layer:
    """A layer with random weights of `shape`, pruned: fully connected over `tokens`, or a convolution for 0."""
    weight = np.random.default_rng(0).integers(1, 128, shape)
    pruned = (weight * mask(weight, pattern)).astype(np.int8)
    cout, *taps, cin = shape
    size = (tokens, cin) if tokens else (1, *(SIDE + n - 1 for n in taps), groups * cin)
    builder = Builder()
    x = TensorInfo("x", size, "int8", 0.05, 0)
    x = builder.input(TensorInfo("input", size, "int8"), x, tuple(range(len(size))))
    y, scale = TensorInfo("y", (), "int8", 1.0, 0), np.full(cout, 0.01)
    if tokens:
        linear, constants = ops.Linear.build("layer", x, y, pruned, scale, None)
        (y,) = builder.add("layer", linear, [x], [y], constants)
    else:
        conv, constants = ops.Conv2d.build("layer", x, y, pruned, scale, None, groups=groups)
        (y,) = builder.add("layer", conv, [x], [y], constants)
    builder.output(y, TensorInfo("output", y.shape, "int8"), tuple(range(len(y.shape))), y.shape)
    return builder.finish().layers[0]
