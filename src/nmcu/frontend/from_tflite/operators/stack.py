"""PACK and UNPACK: an axis that is made of tensors, or taken apart into them."""

import tflite

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower import shape


def pack(c: Context) -> None:
    """Any axis; each tensor is brought to the scale of the result."""
    old, y = c.tensor(0).shape, c.y()
    axis = _axis(c, c.options(tflite.PackOptions).Axis(), len(old) + 1)
    parts = []
    for i in range(len(c.op.inputs)):
        if c.tensor(i).shape != old:
            raise c.error(f"its inputs have shapes {old} and {c.tensor(i).shape}; equal ones are needed")
        longer = (*old[:axis], 1, *old[axis:])
        parts.append(shape.reshape(c.builder, f"{c.name} in {i}", c.operand(i), longer, f"{y.name} in {i}"))
    joined = shape.concat(c.builder, c.name, parts, y, axis) if len(parts) > 1 else parts[0]
    made = shape.reshape(c.builder, f"{c.name} out", joined, c.device_shape(), f"{y.name} out")
    if len(parts) > 1:
        c.write(made)
    else:
        c.write_copy(made)


def unpack(c: Context) -> None:
    """Any axis, into as many tensors as it is long."""
    old, x = c.tensor(0).shape, c.x()
    axis = _axis(c, c.options(tflite.UnpackOptions).Axis(), len(old))
    if old[axis] != len(c.op.outputs):
        raise c.error(f"axis {axis} of {old} does not fall into {len(c.op.outputs)} outputs")
    full = shape.reshape(c.builder, f"{c.name} in", x, old, f"{c.y().name} in")
    size = tuple(1 if a == axis else d for a, d in enumerate(old))
    for i in range(len(c.op.outputs)):
        name, y = f"{c.name} {i}" if i else c.name, c.y(i)
        first = tuple(i if a == axis else 0 for a in range(len(old)))
        made = shape.cut(c.builder, name, full, first, (1,) * len(old), size, f"{y.name} cut")
        out = shape.reshape(c.builder, f"{name} out", made, c.device_shape(i), f"{y.name} out")
        c.write_copy(out, i)


def _axis(c: Context, axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise c.error(f"axis {axis} does not exist in a shape of {rank} dimensions")
    return axis % rank
