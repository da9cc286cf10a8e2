"""SPACE_TO_BATCH_ND, BATCH_TO_SPACE_ND: around a convolution they are its dilation."""

import math

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower import shape
from nmcu.graph import TensorInfo


def space_to_batch(c: Context) -> None:
    """Of one batch; convolutions up to BATCH_TO_SPACE_ND are dilated ones."""
    x, y, old, block, pads = c.x(), c.y(), c.tensor(0).shape, c.ints(1), c.ints(2)
    axes = len(block)
    if len(old) != axes + 2 or axes not in (1, 2) or len(pads) != 2 * axes or min(*block, *pads, 1) < 0:
        raise c.error(f"blocks {block} and paddings {pads} do not fit shape {old}; supported: 1 or 2 axes")
    padded = [d + pads[2 * i] + pads[2 * i + 1] for i, d in enumerate(old[1:-1])]
    if old[0] != 1 or any(b < 1 or d % b for d, b in zip(padded, block, strict=True)):
        raise c.error(f"blocks {block} do not divide {padded} of one batch")
    c.check_same(x)
    map_, (rows, columns) = _map(old), _pair(block)
    full = shape.reshape(c.builder, f"{c.name} in", x, map_, f"{y.name} in")
    before, after = _pair(pads[::2], 0), _pair(pads[1::2], 0)
    made = full
    if any(pads):
        made = shape.pad(c.builder, c.name, full, (0, *before, 0), (0, *after, 0), x.quant[1], y.name)
    c.write(made, block=(rows, columns))


def batch_to_space(c: Context) -> None:
    """To one batch or more."""
    y, new, block, crops = c.y(), c.device_shape(), c.ints(1), c.ints(2)
    old = c.tensor(0).shape
    if len(old) != len(block) + 2 or len(block) not in (1, 2) or len(crops) != 2 * len(block):
        raise c.error(f"blocks {block} and crops {crops} do not fit shape {old}; supported: 1 or 2 axes")
    found, (rows, columns) = c.map(), _pair(block)
    if found.block == (rows, columns) and math.prod(block) > 1:
        whole = found.info
    else:
        if min(block) < 1 or old[0] % (rows * columns):
            raise c.error(f"blocks {block} do not divide {old[0]} batches")
        whole = _together(c, c.x(), _map(old), (rows, columns))
    first, last = _pair(crops[::2], 0), _pair(crops[1::2], 0)
    count = (*(whole.shape[1 + i] - first[i] - last[i] for i in (0, 1)),)
    if min(*first, *last) < 0 or min(count) < 1:
        raise c.error(f"crops {crops} leave nothing of {whole.shape}")
    size = (whole.shape[0], *count, whole.shape[3])
    made = shape.cut(c.builder, c.name, whole, (0, *first, 0), (1,) * 4, size, f"{y.name} cut")
    c.write_copy(shape.reshape(c.builder, f"{c.name} out", made, new, f"{y.name} out"))


def _together(c: Context, x: TensorInfo, map_: tuple[int, ...], block: tuple[int, int]) -> TensorInfo:
    """Batches of a map as blocks of fewer ones."""
    count, height, width, channels = map_
    rows, columns = block
    rest = count // (rows * columns)
    parts = (rows, columns, rest, height, width, channels)
    apart = shape.reshape(c.builder, f"{c.name} apart", x, parts, f"{c.y().name} apart")
    moved = shape.transpose(c.builder, c.name, apart, (2, 3, 0, 4, 1, 5), f"{c.y().name} moved")
    whole = (rest, height * rows, width * columns, channels)
    return shape.reshape(c.builder, f"{c.name} whole", moved, whole, f"{c.y().name} whole")


def _map(old: tuple[int, ...]) -> tuple[int, int, int, int]:
    """A shape of one or two spatial axes with two of them."""
    batch, *size, channels = old
    return (batch, *_pair(tuple(size)), channels)


def _pair(values: tuple[int, ...], missing: int = 1) -> tuple[int, int]:
    """For height and width; where there is one, it is the width."""
    return (values[0], values[1]) if len(values) == 2 else (missing, values[0])
