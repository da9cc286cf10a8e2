"""RESHAPE and its relatives, PAD."""

import tflite

from nmcu.frontend.from_tflite.context import Context, Spread
from nmcu.frontend.lower import shape


def reshape(c: Context) -> None:
    """The shape is the one the file gives the output."""
    found = c.map()
    if found.block != (1, 1):
        _reshaped_batches(c, found)
        return
    c.write_copy(shape.reshape(c.builder, c.name, c.x(), c.device_shape(), c.y().name))


def expand_dims(c: Context) -> None:
    """A new axis of size 1, at a constant place."""
    rank = len(c.tensor(0).shape)
    axes = c.ints(1)
    if len(axes) != 1 or not -rank - 1 <= axes[0] <= rank:
        found = ", ".join(map(str, axes)) or "none"
        raise c.error(f"axis {found} is no place in a shape of {rank} dimensions")
    reshape(c)


def squeeze(c: Context) -> None:
    """Without the listed axes, or without all of size 1."""
    old = c.tensor(0).shape
    o = c.options(tflite.SqueezeOptions)
    for axis in () if o.SqueezeDimsIsNone() else o.SqueezeDimsAsNumpy().tolist():
        if not -len(old) <= axis < len(old):
            raise c.error(f"axis {axis} does not exist in shape {old}")
        if old[axis] != 1:
            raise c.error(f"leaves out axis {axis} of shape {old}, which has {old[axis]} elements, not 1")
    reshape(c)


def _reshaped_batches(c: Context, found: Spread) -> None:
    """An axis of size 1 comes or goes, as around a 1-D convolution: a line stays one, along height or width."""
    old, new = c.tensor(0).shape, c.file.tensors[c.op.outputs[0]].shape
    x, block = found.info, found.block
    line = 1 in x.shape[1:3] and 1 in block and len(new) in (3, 4)
    if not line or [d for d in old if d != 1] != [d for d in new if d != 1]:
        c.write_copy(shape.reshape(c.builder, c.name, c.x(), c.device_shape(), c.y().name))
        return
    length, step, channels = x.shape[1] * x.shape[2], max(block), x.shape[3]
    upright = len(new) == 4 and new[2] == 1 and new[1] != 1
    size = (1, length, 1, channels) if upright else (1, 1, length, channels)
    made = shape.reshape(c.builder, c.name, x, size, c.y().name)
    c.write(made, block=(step, 1) if upright else (1, step))


def pad(c: Context) -> None:
    """Constant padding with the real value 0, or with input 2 (PADV2)."""
    x, y, pairs, old = c.x(), c.y(), c.ints(1), c.tensor(0).shape
    if len(pairs) != 2 * len(old) or min(pairs, default=0) < 0:
        raise c.error(f"paddings {pairs} do not fit shape {old}")
    value = x.quant[1]
    if c.has(2):
        value = int(c.codes(2).reshape(-1)[0])
        c.check_same(c.spec(c.op.inputs[2]), "padding value")
    full = shape.reshape(c.builder, f"{c.name} in", x, old, f"{y.name} in")
    made = shape.pad(c.builder, c.name, full, pairs[::2], pairs[1::2], value, y.name)
    c.write_copy(shape.reshape(c.builder, f"{c.name} out", made, c.device_shape(), f"{y.name} out"))
