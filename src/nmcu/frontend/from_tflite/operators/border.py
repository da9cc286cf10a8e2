"""QUANTIZE and DEQUANTIZE: at the border, or a change of scale in the middle."""

from nmcu.frontend.from_tflite.context import Context
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
    c.write(requantize(c.builder, c.name, c.x(), y))


def dequantize(c: Context) -> None:
    """int8 to a float32 model output."""
    if c.op.outputs[0] not in c.file.outputs:
        raise c.error(
            "a float section inside the model is not supported; supported: DEQUANTIZE before an output"
        )
    c.write(c.x())
