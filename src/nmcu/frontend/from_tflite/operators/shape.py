"""RESHAPE and its relatives, PAD."""

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower import shape


def reshape(c: Context) -> None:
    """The shape is the one the file gives the output."""
    c.write_copy(shape.reshape(c.builder, c.name, c.x(), c.device_shape(), c.y().name))


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
