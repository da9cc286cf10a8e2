"""Float sections of TFLite files: what a tensor of the file is as float32 on the device."""

import numpy as np

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower import floats as lower
from nmcu.frontend.lower.shape import device_shape
from nmcu.graph import TensorInfo, origin


def x(c: Context, position: int = 0) -> TensorInfo:
    """Input `position`, an activation or a constant."""
    index, tensor = c.op.inputs[position] if c.has(position) else -1, c.tensor(position)
    if tensor.data is not None:
        value = c.constant(position, "float32", "float16").astype(np.float32)
        return lower.constant(c.builder, tensor.name, value.reshape(device_shape(tensor.shape)))
    if index not in c.known and index in c.file.inputs and tensor.dtype == "float32":
        return _input(c, index)
    if index not in c.known:
        return c.x(position)
    if c.known[index].dtype == "int8":
        name = c.known[index].name
        if name not in c.floated:
            c.floated[name] = lower.dequantize(c.builder, c.known[index])
        return c.floated[name]
    return c.known[index]


def _input(c: Context, index: int) -> TensorInfo:
    """A float32 model input that the device reads as it is."""
    tensor = c.file.tensors[index]
    model = TensorInfo(tensor.name, tensor.shape, "float32")
    device = TensorInfo(f"{tensor.name}.device", device_shape(tensor.shape), "float32")
    made = c.builder.input(model, device, range(len(tensor.shape)))
    c.builder.record(model.name, origin.plain(index, model.shape))
    c.hold(index, made)
    return made
