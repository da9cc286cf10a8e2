"""A TFLite file of one operator, built with flatbuffers, and its result from LiteRT's two sets of kernels."""

import flatbuffers
import numpy as np
import tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType

TYPES = {
    np.dtype(np.int8): tflite.TensorType.INT8,
    np.dtype(np.int16): tflite.TensorType.INT16,
    np.dtype(np.int32): tflite.TensorType.INT32,
}
OPTIONS = {
    "ADD": "AddOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "DIV": "DivOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "MEAN": "ReducerOptions",
    "MUL": "MulOptions",
    "PAD": "PadOptions",
    "RESIZE_BILINEAR": "ResizeBilinearOptions",
    "RESIZE_NEAREST_NEIGHBOR": "ResizeNearestNeighborOptions",
    "SUM": "ReducerOptions",
    "SVDF": "SVDFOptions",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTMOptions",
}


def results(op, inputs, shape, scale, zero_point, **options):
    """Output codes by resolver. `inputs`: (array, scale, zero point), or (array,) for a constant, or () for none; int8
    output. A fourth entry makes a quantised one "constant" or "variable"; `intermediates` are tensors without data."""
    model = _model(op, inputs, (shape, scale, zero_point), options)
    found = {}
    for name, resolver in (
        ("default", OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES),
        ("reference", OpResolverType.BUILTIN_REF),
    ):
        interpreter = Interpreter(model_content=model, experimental_op_resolver_type=resolver)
        interpreter.allocate_tensors()
        fed = [given[0] for given in inputs if len(given) == 3]
        for detail, array in zip(interpreter.get_input_details(), fed, strict=True):
            interpreter.set_tensor(detail["index"], array)
        interpreter.invoke()
        output = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        found[name] = output.ravel().tolist()
    return found


def micro(op, inputs, shape, scale, zero_point, **options):
    """Output codes from tflite-micro, of what `results` takes with one input to feed."""
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(_model(op, inputs, (shape, scale, zero_point), options))
    (fed,) = (given[0] for given in inputs if len(given) == 3)
    interpreter.set_input(fed, 0)
    interpreter.invoke()
    return interpreter.get_output(0).ravel().tolist()


def _model(op, inputs, output, options):
    options = dict(options)
    inner = options.pop("intermediates", ())
    b = flatbuffers.Builder(1024)

    def vector(start, items, add):
        start(b, len(items))
        for item in reversed(items):
            add(item)
        return b.EndVector()

    def tensor(name, shape, kind, buffer, quantised):
        text = b.CreateString(name)
        dims = vector(tflite.TensorStartShapeVector, list(shape), b.PrependInt32)
        if quantised:
            scale = vector(tflite.QuantizationParametersStartScaleVector, [quantised[0]], b.PrependFloat32)
            zero = vector(tflite.QuantizationParametersStartZeroPointVector, [quantised[1]], b.PrependInt64)
            tflite.QuantizationParametersStart(b)
            tflite.QuantizationParametersAddScale(b, scale)
            tflite.QuantizationParametersAddZeroPoint(b, zero)
            parameters = tflite.QuantizationParametersEnd(b)
        tflite.TensorStart(b)
        tflite.TensorAddShape(b, dims)
        tflite.TensorAddType(b, kind)
        tflite.TensorAddBuffer(b, buffer)
        tflite.TensorAddName(b, text)
        if quantised:
            tflite.TensorAddQuantization(b, parameters)
        if quantised[2:] == ["variable"]:
            tflite.TensorAddIsVariable(b, True)
        return tflite.TensorEnd(b)

    data, tensors, fed, places = [b""], [], [], []
    for number, given in enumerate(inputs):
        places.append(len(tensors) if given else -1)
        if not given:
            continue
        array, *quantised = given
        if len(quantised) == 2:
            fed.append(places[-1])
        constant = not quantised or quantised[2:] == ["constant"]
        if constant:
            data.append(array.tobytes())
        buffer = len(data) - 1 if constant else 0
        tensors.append(tensor(f"in{number}", array.shape, TYPES[array.dtype], buffer, quantised))
    result = len(tensors)
    tensors.append(tensor("out", output[0], tflite.TensorType.INT8, 0, output[1:]))
    inside = list(range(len(tensors), len(tensors) + len(inner)))
    tensors += [
        tensor(f"inner{n}", (0,), TYPES[np.dtype(kind)], 0, rest) for n, (kind, *rest) in enumerate(inner)
    ]

    names = vector(tflite.OperatorStartInputsVector, places, b.PrependInt32)
    within = vector(tflite.OperatorStartIntermediatesVector, inside, b.PrependInt32) if inside else None
    made = vector(tflite.OperatorStartOutputsVector, [result], b.PrependInt32)
    kind = OPTIONS.get(op)
    if kind:
        getattr(tflite, f"{kind}Start")(b)
        for key, value in options.items():
            getattr(tflite, f"{kind}Add{key}")(b, value)
        attributes = getattr(tflite, f"{kind}End")(b)
    tflite.OperatorStart(b)
    tflite.OperatorAddOpcodeIndex(b, 0)
    tflite.OperatorAddInputs(b, names)
    tflite.OperatorAddOutputs(b, made)
    if within is not None:
        tflite.OperatorAddIntermediates(b, within)
    if kind:
        tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, kind))
        tflite.OperatorAddBuiltinOptions(b, attributes)
    operator = tflite.OperatorEnd(b)

    tables = vector(tflite.SubGraphStartTensorsVector, tensors, b.PrependUOffsetTRelative)
    ins = vector(tflite.SubGraphStartInputsVector, fed, b.PrependInt32)
    outs = vector(tflite.SubGraphStartOutputsVector, [result], b.PrependInt32)
    operators = vector(tflite.SubGraphStartOperatorsVector, [operator], b.PrependUOffsetTRelative)
    tflite.SubGraphStart(b)
    tflite.SubGraphAddTensors(b, tables)
    tflite.SubGraphAddInputs(b, ins)
    tflite.SubGraphAddOutputs(b, outs)
    tflite.SubGraphAddOperators(b, operators)
    graph = tflite.SubGraphEnd(b)

    code = getattr(tflite.BuiltinOperator, op)
    tflite.OperatorCodeStart(b)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(b, code)
    tflite.OperatorCodeAddBuiltinCode(b, code)
    tflite.OperatorCodeAddVersion(b, 1 if op in ("NEG", "ELU", "SQRT") else 2)
    codes = tflite.OperatorCodeEnd(b)

    buffers = []
    for content in data:
        held = b.CreateByteVector(content) if content else None
        tflite.BufferStart(b)
        if held:
            tflite.BufferAddData(b, held)
        buffers.append(tflite.BufferEnd(b))
    buffers = vector(tflite.ModelStartBuffersVector, buffers, b.PrependUOffsetTRelative)
    graphs = vector(tflite.ModelStartSubgraphsVector, [graph], b.PrependUOffsetTRelative)
    codes = vector(tflite.ModelStartOperatorCodesVector, [codes], b.PrependUOffsetTRelative)
    tflite.ModelStart(b)
    tflite.ModelAddVersion(b, 3)
    tflite.ModelAddOperatorCodes(b, codes)
    tflite.ModelAddSubgraphs(b, graphs)
    tflite.ModelAddBuffers(b, buffers)
    b.Finish(tflite.ModelEnd(b), b"TFL3")
    return bytes(b.Output())
