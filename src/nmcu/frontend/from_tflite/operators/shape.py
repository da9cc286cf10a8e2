"""RESHAPE and its relatives, PAD."""

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower import shape
from nmcu.frontend.lower.elementwise import requantize


def reshape(c: Context) -> None:
    """The shape is the one the file gives the output."""
    y = c.y()
    same = shape.reshape(c.builder, c.name, c.x(), c.device_shape(), y.name)
    c.write(requantize(c.builder, f"{c.name} requantize", same, y))


def pad(c: Context) -> None:
    """Constant padding with the real value 0, or with input 2 (PADV2)."""
    x = c.x()
    pairs = c.ints(1)
    rank = len(c.tensor(0).shape)
    if len(pairs) != 2 * rank or rank < len(x.shape) or any(pairs[: 2 * (rank - len(x.shape))]):
        raise c.error(f"paddings {pairs} do not fit shape {c.tensor(0).shape}")
    kept = pairs[2 * (rank - len(x.shape)) :]
    c.check_same(x, "input")
    value = x.quant[1]
    if c.has(2):
        value = int(c.constant(2, "int8").reshape(-1)[0])
        c.check_same(c.spec(c.op.inputs[2]), "padding value")
    c.write(shape.pad(c.builder, c.name, x, kept[::2], kept[1::2], value, c.y().name))
