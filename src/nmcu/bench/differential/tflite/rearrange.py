"""Steps that pick, repeat and rearrange values."""

import math

import numpy as np

from nmcu.bench.differential.tflite.network import Network, Shape

MOST = 4000
"""Elements of a result."""


def gather(n: Network) -> None:
    """GATHER of one index, a list or a matrix of them."""
    x = n.any(most=4)
    axis = n.integer(0, len(x.shape) - 1)
    shape: Shape = n.choice(((n.integer(1, 6),), (), (2, n.integer(1, 3))))
    index = np.array([n.integer(0, x.shape[axis] - 1) for _ in range(math.prod(shape))])
    dtype = n.choice(("int32", "int64"))
    data = index.reshape(shape).astype(dtype)
    place = n.model.tensor(*shape, scale=None, data=data, dtype=dtype)
    given = axis - len(x.shape) if n.chance(3) else axis
    made = (*x.shape[:axis], *shape, *x.shape[axis + 1 :])
    n.model.op("GATHER", [x.index, place], [n.like(x, made)], "GatherOptions", Axis=given)


def gather_nd(n: Network) -> None:
    """GATHER_ND of elements or rows."""
    x = n.any(most=4)
    depth, count = n.integer(1, len(x.shape)), n.integer(1, 4)
    rows = [[n.integer(0, d - 1) for d in x.shape[:depth]] for _ in range(count)]
    place = n.model.tensor(count, depth, scale=None, data=np.array(rows, np.int32), dtype="int32")
    y = n.like(x, (count, *x.shape[depth:]))
    n.model.op("GATHER_ND", [x.index, place], [y], "GatherNdOptions")


def tile(n: Network) -> None:
    """TILE."""
    x = n.any(most=4)
    times = [n.integer(1, 3) if n.chance(2) else 1 for _ in x.shape]
    shape = tuple(d * t for d, t in zip(x.shape, times, strict=True))
    if math.prod(shape) <= MOST:
        n.model.op("TILE", [x.index, n.ints(times, n.chance(3))], [n.like(x, shape)], "TileOptions")


def broadcast_to(n: Network) -> None:
    """BROADCAST_TO, with more axes too."""
    x = n.any(most=4)
    shape = tuple(n.integer(1, 5) if d == 1 and n.chance(2) else d for d in x.shape)
    shape = (n.integer(1, 2), *shape) if len(shape) < 4 and n.chance(4) else shape
    if math.prod(shape) <= MOST:
        n.model.op("BROADCAST_TO", [x.index, n.ints(shape)], [n.like(x, shape)], "BroadcastToOptions")


def mirror_pad(n: Network) -> None:
    """MIRROR_PAD, both modes."""
    x, mode = n.any(most=4), n.integer(0, 1)
    pads = [[n.integer(0, min(3, d - 1 + mode)) if n.chance(2) else 0 for _ in "ab"] for d in x.shape]
    pairs = np.array(pads, np.int32)
    place = n.model.tensor(len(x.shape), 2, scale=None, data=pairs, dtype="int32")
    shape = tuple(int(d + p.sum()) for d, p in zip(x.shape, pairs, strict=True))
    n.model.op("MIRROR_PAD", [x.index, place], [n.like(x, shape)], "MirrorPadOptions", Mode=mode)


def reverse(n: Network) -> None:
    """REVERSE_V2 along neighbouring axes, all that LiteRT knows."""
    x = n.any(most=4)
    first = n.integer(0, len(x.shape) - 1)
    axes = range(first, n.integer(first, len(x.shape) - 1) + 1)
    given = [a - len(x.shape) if n.chance(3) else a for a in axes]
    n.model.op("REVERSE_V2", [x.index, n.ints(given)], [n.like(x, x.shape)], "ReverseV2Options")


def space_to_depth(n: Network) -> None:
    """SPACE_TO_DEPTH."""
    x = n.map()
    _, height, width, channels = x.shape
    block = n.choice([b for b in (2, 3, 1) if height % b == width % b == 0])
    shape = (1, height // block, width // block, channels * block**2)
    n.model.op("SPACE_TO_DEPTH", [x.index], [n.like(x, shape)], "SpaceToDepthOptions", BlockSize=block)


def depth_to_space(n: Network) -> None:
    """DEPTH_TO_SPACE."""
    x = n.map()
    _, height, width, channels = x.shape
    block = n.choice([b for b in (2, 3, 1) if channels % b**2 == 0])
    shape = (1, height * block, width * block, channels // block**2)
    n.model.op("DEPTH_TO_SPACE", [x.index], [n.like(x, shape)], "DepthToSpaceOptions", BlockSize=block)


def computed_reshape(n: Network) -> None:
    """RESHAPE to a shape that SHAPE, STRIDED_SLICE and PACK compute, as Keras writes Flatten."""
    x = n.any()
    shapes: tuple[Shape, ...] = ((len(x.shape),), (), (2,))
    whole, first, packed = (n.model.tensor(*s, scale=None, dtype="int32") for s in shapes)
    n.model.op("SHAPE", [x.index], [whole], "ShapeOptions", OutType=2)
    lists = [n.ints([i]) for i in (0, 1, 1)]
    n.model.op("STRIDED_SLICE", [whole, *lists], [first], "StridedSliceOptions", ShrinkAxisMask=1)
    rest = math.prod(x.shape[1:])
    other = n.model.tensor(scale=None, data=np.array(rest, np.int32), dtype="int32")
    n.model.op("PACK", [first, other], [packed], "PackOptions", ValuesCount=2)
    n.model.op("RESHAPE", [x.index, packed], [n.like(x, (x.shape[0], rest))], "ReshapeOptions")
