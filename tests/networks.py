"""Small networks for tests of everything that runs whole models."""

import numpy as np

from nmcu.graph import Builder, Graph, TensorInfo, ops


def conv(size: int, channels: int) -> Graph:
    """int8 map (1, size, size, 4) -> 1x1 convolution -> int8 (1, size, size, channels)."""
    rng = np.random.default_rng(0)
    builder = Builder("conv")
    x = TensorInfo("x", (1, size, size, 4), "int8", 0.05, 0)
    x = builder.input(TensorInfo("map", x.shape), x, (0, 1, 2, 3))
    y = TensorInfo("y", (1, size, size, channels), "int8", 0.1, 0)
    weight = rng.integers(-90, 91, (channels, 1, 1, 4)).astype(np.int8)
    op, constants = ops.Conv2d.build("conv", x, y, weight, np.full(channels, 0.01), None)
    (y,) = builder.add("conv", op, [x], [y], constants)
    builder.output(y, TensorInfo("result", y.shape), (0, 1, 2, 3), y.shape)
    return builder.finish()


def conv_linear(
    seed: int = 0,
    size: int = 8,
    channels: int = 16,
    zeros_every: int = 1,
    names: tuple[str, str] = ("conv", "classifier"),
) -> Graph:
    """uint8 image (1, size, size, 3) -> 3x3 convolution -> linear -> float32 (1, 10).

    `zeros_every` > 1 keeps one weight in that many consecutive ones of the linear layer.
    """
    rng = np.random.default_rng(seed)
    builder = Builder("conv_linear")
    x = builder.input(
        TensorInfo("image", (1, size, size, 3), "uint8"),
        TensorInfo("image_q", (1, size, size, 3), "int8", 0.02, -3),
        (0, 1, 2, 3),
    )
    weight = rng.integers(-90, 91, (channels, 3, 3, 3)).astype(np.int8)
    y = TensorInfo("features", (1, size, size, channels), "int8", 0.1, 4)
    op, constants = ops.Conv2d.build(
        "conv",
        x,
        y,
        weight,
        np.full(channels, 0.01),
        rng.integers(-500, 500, channels),
        pads=(1, 1, 1, 1),
        lo=4,
    )
    (y,) = builder.add(names[0], op, [x], [y], constants)
    flat_size = size * size * channels
    (flat,) = builder.add(
        "flatten",
        ops.Reshape(shape=(1, flat_size)),
        [y],
        [TensorInfo("flat", (1, flat_size), "int8", 0.1, 4)],
    )
    dense = rng.integers(-90, 91, (10, flat_size)).astype(np.int8)
    if zeros_every > 1:
        kept = np.zeros(dense.shape, bool)
        kept[:, ::zeros_every] = True
        dense = np.where(kept, dense, 0).astype(np.int8)
    z = TensorInfo("scores", (1, 10), "int8", 2.0, 0)
    linear, constants = ops.Linear.build("classifier", flat, z, dense, np.full(10, 0.01), None)
    (z,) = builder.add(names[1], linear, [flat], [z], constants)
    builder.output(z, TensorInfo("logits", (1, 10), "float32"), (0, 1), (1, 10))
    return builder.finish()


def most_likely(size: int = 4, channels: int = 300) -> Graph:
    """int8 map (1, size, size, 4) -> 1x1 convolution -> the channel with the largest value, int32 (1, size, size)."""
    rng = np.random.default_rng(0)
    builder = Builder("most_likely")
    x = TensorInfo("x", (1, size, size, 4), "int8", 0.05, 0)
    x = builder.input(TensorInfo("map", x.shape), x, (0, 1, 2, 3))
    y = TensorInfo("y", (1, size, size, channels), "int8", 0.1, 0)
    weight = rng.integers(-90, 91, (channels, 1, 1, 4)).astype(np.int8)
    op, constants = ops.Conv2d.build("conv", x, y, weight, np.full(channels, 0.01), None)
    (y,) = builder.add("conv", op, [x], [y], constants)
    index = TensorInfo("index", (), "int32")
    (index,) = builder.add("arg_max", ops.ArgMax(), [y], [index])
    builder.output(
        index, TensorInfo("class", index.shape, "int32"), tuple(range(len(index.shape))), index.shape
    )
    return builder.finish()
