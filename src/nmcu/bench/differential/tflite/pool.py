"""Steps that reduce or resize maps."""

import numpy as np

from nmcu.bench.differential.tflite.affine import window
from nmcu.bench.differential.tflite.network import Network


def average_pool_2d(n: Network) -> None:
    """AVERAGE_POOL_2D."""
    _pool(n, "AVERAGE_POOL_2D")


def max_pool_2d(n: Network) -> None:
    """MAX_POOL_2D."""
    _pool(n, "MAX_POOL_2D")


def _pool(n: Network, code: str) -> None:
    x = n.map()
    options, kernel, out = window(n, x.shape[1:3], dilates=False)
    options |= {"FilterHeight": kernel[0], "FilterWidth": kernel[1]}
    if code == "AVERAGE_POOL_2D" or n.chance(10):
        options["FusedActivationFunction"] = n.activation()
    n.model.op(code, [x.index], [n.like(x, (1, *out, x.shape[3]))], "Pool2DOptions", **options)


def mean(n: Network) -> None:
    """MEAN over any axes, from either end, also one twice."""
    _reduce(n, "MEAN")


def reduce(n: Network) -> None:
    """SUM, REDUCE_MAX, REDUCE_MIN over such axes."""
    _reduce(n, n.choice(("SUM", "REDUCE_MAX", "REDUCE_MIN")))


def _reduce(n: Network, code: str) -> None:
    x = n.any(*(("int8",) if code == "SUM" else ()), most=4)
    axes = n.subset(range(len(x.shape))) or [n.integer(0, len(x.shape) - 1)]
    kept = [1 if a in axes else d for a, d in enumerate(x.shape)]
    keep = n.chance(2)
    shape = tuple(kept if keep else [d for a, d in enumerate(x.shape) if a not in axes])
    given = [a - len(x.shape) if n.chance(3) else a for a in axes]
    given += given[:1] if n.chance(20) else []
    place = n.ints(given)
    if len(given) == 1 and n.chance(2):
        place = n.model.tensor(scale=None, data=np.array(given[0], np.int32), dtype="int32")
    y = n.like(x, shape) if code in ("REDUCE_MAX", "REDUCE_MIN") else n.free(x, shape)
    n.model.op(code, [x.index, place], [y], "ReducerOptions", KeepDims=keep)


def resize_bilinear(n: Network) -> None:
    """RESIZE_BILINEAR."""
    _resize(n, "RESIZE_BILINEAR", "ResizeBilinearOptions")


def resize_nearest(n: Network) -> None:
    """RESIZE_NEAREST_NEIGHBOR."""
    _resize(n, "RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions")


def _resize(n: Network, code: str, table: str) -> None:
    x = n.map()
    size = [n.size(), n.size()]
    corners, centres = n.choice(((False, False), (True, False), (False, True)))
    fields = {"AlignCorners": corners, "HalfPixelCenters": centres}
    y = n.like(x, (1, *size, x.shape[3]))
    n.model.op(code, [x.index, n.ints(size)], [y], table, **fields)
