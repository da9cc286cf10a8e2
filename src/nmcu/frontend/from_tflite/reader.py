"""TFLite bytes to the integer graph."""

from collections.abc import Mapping

from nmcu.errors import ModelError
from nmcu.frontend.from_onnx.foreign import accepted
from nmcu.frontend.from_tflite import file as tf
from nmcu.frontend.from_tflite import foreign
from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.from_tflite.fold import folded
from nmcu.frontend.from_tflite.operators import variable
from nmcu.frontend.from_tflite.variables import alive
from nmcu.frontend.lower.shape import device_shape
from nmcu.frontend.readers import Fallback, TfliteReader
from nmcu.graph import Graph, TensorInfo, origin
from nmcu.iree.offer import offer


def read(
    data: bytes,
    readers: Mapping[str, TfliteReader],
    floats: Mapping[str, TfliteReader],
    fallback: Fallback | None = None,
) -> Graph:
    """The integer graph of a quantised int8 TFLite model; `floats` read operators in float sections, and those that
    nothing reads go to `fallback` where an ONNX operator says the same.

    Raises `ModelError`.
    """
    file = folded(tf.parse(data))
    context = Context(file)
    for index in file.inputs:
        if file.tensors[index].dtype in ("int8", "uint8"):
            _input(context, index)
    for operator in alive(file):
        context.op = operator
        if _in_floats(context) and operator.code in floats:
            floats[operator.code](context)
            continue
        if fallback is not None and operator.code not in readers and operator.code in foreign.OPERATORS:
            foreign.read(context, fallback.op)
            continue
        if operator.code not in readers:
            known = f"supported: {', '.join(sorted(readers))}"
            others = f"{known}; {offer()}" if operator.code in foreign.OPERATORS else known
            raise context.error(f"this operator is not supported; {others}")
        readers[operator.code](context)
    variable.finish(context)
    for index in file.outputs:
        _output(context, index)
    graph = context.builder.finish(inputs=[_model_info(file.tensors[index]).name for index in file.inputs])
    accepted(graph)
    return graph


def _in_floats(context: Context) -> bool:
    """Whether the operator computes float32 values."""
    made = context.file.tensors[context.op.outputs[0]] if context.op.outputs else None
    return made is not None and made.dtype == "float32"


def _input(context: Context, index: int) -> None:
    model = _model_info(context.file.tensors[index])
    spec = context.spec(index)
    device = TensorInfo(spec.name, device_shape(model.shape), scale=spec.scale, zero_point=spec.zero_point)
    context.hold(index, context.builder.input(model, device, range(len(model.shape))))
    context.builder.record(model.name, origin.plain(index, model.shape))


def _output(context: Context, index: int) -> None:
    model = _model_info(context.file.tensors[index])
    held = context.held(index)
    if held is None:
        raise ModelError(f"output {model.name!r} is not computed by any supported operator")
    name = context.builder.output(held, model, range(len(model.shape)), model.shape)
    context.builder.record(name, origin.plain(index, model.shape))


def _model_info(tensor: tf.Tensor) -> TensorInfo:
    return TensorInfo(tensor.name, tensor.shape, tensor.dtype)
