"""TFLite bytes to the integer graph."""

from collections.abc import Mapping

from nmcu.errors import ModelError
from nmcu.frontend.from_tflite import file as tf
from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.lower.shape import device_shape
from nmcu.frontend.needed import needed
from nmcu.frontend.readers import TfliteReader
from nmcu.graph import Graph, TensorInfo, origin


def read(data: bytes, readers: Mapping[str, TfliteReader]) -> Graph:
    """The integer graph of a fully quantised int8 TFLite model; raises `ModelError`."""
    file = tf.parse(data)
    context = Context(file)
    for index in file.inputs:
        if file.tensors[index].dtype in ("int8", "uint8"):
            _input(context, index)
    for operator in needed(file.operators, file.outputs):
        context.op = operator
        if operator.code not in readers:
            raise context.error(f"this operator is not supported; supported: {', '.join(sorted(readers))}")
        readers[operator.code](context)
    for index in file.outputs:
        _output(context, index)
    return context.builder.finish()


def _input(context: Context, index: int) -> None:
    model = _model_info(context.file.tensors[index])
    spec = context.spec(index)
    device = TensorInfo(spec.name, device_shape(model.shape), scale=spec.scale, zero_point=spec.zero_point)
    context.hold(index, context.builder.input(model, device, range(len(model.shape))))
    context.builder.record(model.name, origin.plain(index, model.shape))


def _output(context: Context, index: int) -> None:
    model = _model_info(context.file.tensors[index])
    if index not in context.known:
        raise ModelError(f"output {model.name!r} is not computed by any supported operator")
    name = context.builder.output(context.known[index], model, range(len(model.shape)), model.shape)
    context.builder.record(name, origin.plain(index, model.shape))


def _model_info(tensor: tf.Tensor) -> TensorInfo:
    return TensorInfo(tensor.name, tensor.shape, tensor.dtype)
