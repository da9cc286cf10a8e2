"""QUANTIZE and DEQUANTIZE: at the border, or a change of scale in the middle."""

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower import floats
from nmcu.frontend.lower.elementwise import requantize
from nmcu.frontend.lower.shape import device_shape
from nmcu.graph import TensorInfo, origin


def quantize(c: Context) -> None:
    """float32 model input to int8; int8 or uint8 to another scale."""
    tensor, index, y = c.tensor(0), c.op.inputs[0], c.y()
    if tensor.dtype == "float32" and index in c.file.inputs:
        model = TensorInfo(tensor.name, tensor.shape, "float32")
        device = TensorInfo(y.name, device_shape(tensor.shape), scale=y.scale, zero_point=y.zero_point)
        c.write(c.builder.input(model, device, range(len(tensor.shape))))
        c.builder.record(model.name, origin.plain(index, model.shape))
        return
    x = c.known.get(index)
    if tensor.dtype == "float32" and x is not None and x.dtype == "float32":
        c.write(floats.quantize(c.builder, c.name, x, y))
        return
    if tensor.dtype == "float32" and x is not None:  # behind a DEQUANTIZE: integers to integers
        c.write(requantize(c.builder, c.name, x, y))
        return
    c.write(requantize(c.builder, c.name, c.x(), y))


def dequantize(c: Context) -> None:
    """int8 to a float32 model output, or to a float section, which begins where something reads it."""
    c.write(c.x())
