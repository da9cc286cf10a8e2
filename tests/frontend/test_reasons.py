"""A refused model is told the true reason: what is in the file, not what came of it further on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from frontend import mutate
from nmcu import operators
from nmcu.bench.differential.tflite.model import TfliteModel
from nmcu.errors import ModelError


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> onnx.ModelProto:
    return onnx.load(mutate.small_model(tmp_path_factory.mktemp("small")))


def _in_blocks(model: onnx.ModelProto) -> None:
    """As weight-only quantisers write it: a scale for every two values of a row."""
    weights = {t.name: t for t in model.graph.initializer if len(t.dims) == 4}
    node = next(n for n in model.graph.node if n.op_type == "DequantizeLinear" and n.input[0] in weights)
    data = weights[node.input[0]]
    shape = list(data.dims)
    shape[0] = -(-shape[0] // 2)
    for position, kind in ((1, np.float32), (2, np.int8)):
        tensor = next(t for t in model.graph.initializer if t.name == node.input[position])
        name = f"{tensor.name}.blocks"
        model.graph.initializer.append(numpy_helper.from_array(np.full(shape, position == 1, kind), name))
        node.input[position] = name
    node.attribute.append(helper.make_attribute("block_size", 2))


def _of_four_bits(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(helper.make_tensor("four", TensorProto.INT4, (2,), [1, -1]))


def _twice(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(model.graph.initializer[0])


def _nameless(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(numpy_helper.from_array(np.zeros(1, np.float32), ""))


def _as_default_of_an_input(model: onnx.ModelProto) -> None:
    """Which old exporters write for every initializer."""
    first = model.graph.initializer[0]
    model.graph.input.append(helper.make_tensor_value_info(first.name, first.data_type, first.dims))


def _beyond_the_axes(op: str) -> Callable[[onnx.ModelProto], None]:
    """The model's transposition becomes `op` along an axis that its input does not have."""

    def change(model: onnx.ModelProto) -> None:
        node = next(n for n in model.graph.node if n.op_type == "Transpose")
        node.op_type = op
        del node.attribute[:]
        node.attribute.append(helper.make_attribute("axis", 7))
        if op == "Gather":
            model.graph.initializer.append(numpy_helper.from_array(np.zeros(1, np.int64), "first"))
            node.input.append("first")

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            _in_blocks,
            r"is quantised in blocks \(scales of shape .*\); supported: one scale, or one per output",
        ),
        (
            _of_four_bits,
            "constant 'four' has data type int4; supported: integers of 8 to 64 bits .*: quantise to",
        ),
        (_twice, "two initializers of the model are called '.+'; export the model again"),
        (_nameless, r"initializer \d+ of the model has no name; export the model again"),
        (_as_default_of_an_input, None),
        *(
            (_beyond_the_axes(op), "axis 7 does not exist in rank 4")
            for op in ("Gather", "Flatten", "Concat")
        ),
    ],
)
def test_onnx(
    small: onnx.ModelProto, tmp_path: Path, change: Callable[[onnx.ModelProto], None], message: str | None
) -> None:
    model = onnx.ModelProto()
    model.CopyFrom(small)
    change(model)
    path = tmp_path / "edited.onnx"
    path.write_bytes(model.SerializeToString())
    if message is None:
        operators.load(path)
        return
    with pytest.raises(ModelError, match=message):
        operators.load(path)


def _pool_with_options_of_a_convolution() -> bytes:
    m = TfliteModel()
    x, y = m.input(1, 4, 4, 6), m.tensor(1, 2, 2, 6)
    m.op("AVERAGE_POOL_2D", [x], [y], "Conv2DOptions", StrideH=2, StrideW=2)
    return m.build(y)


def _sixteen_bits() -> bytes:
    m = TfliteModel()
    x, y = m.input(1, 4, dtype="int16"), m.tensor(1, 4, dtype="int16")
    m.op("RELU", [x], [y])
    return m.build(y)


def _weights_of_four_bits() -> bytes:
    m = TfliteModel()
    x, y = m.input(1, 4), m.tensor(1, 2)
    w = m.tensor(2, 4, scale=0.01, data=np.zeros(4, np.int8), dtype="int4")
    m.op("FULLY_CONNECTED", [x, w, -1], [y], "FullyConnectedOptions")
    return m.build(y)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            _pool_with_options_of_a_convolution,
            r"\(AVERAGE_POOL_2D\): its table of options is Conv2DOptions, Pool2DOptions is needed; convert the",
        ),
        (_sixteen_bits, "int16.*: convert with int8 activations, not 16x8"),
        (_weights_of_four_bits, "has int4 weights 'tensor2'; supported: int8; convert with 8-bit weights"),
    ],
)
def test_tflite(content: Callable[[], bytes], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        operators.parse(content(), "model.tflite")


@pytest.mark.parametrize(
    ("code", "options", "fields", "axis", "message"),
    [
        ("EXPAND_DIMS", "ExpandDimsOptions", {}, 5, "axis 5 is no place in a shape of 4 dimensions"),
        ("EXPAND_DIMS", "ExpandDimsOptions", {}, -6, "axis -6 is no place in a shape of 4 dimensions"),
        (
            "SQUEEZE",
            "SqueezeOptions",
            {"SqueezeDims": [4]},
            None,
            r"axis 4 does not exist in shape \(1, 1, 4, 8",
        ),
        (
            "SQUEEZE",
            "SqueezeOptions",
            {"SqueezeDims": [-2]},
            None,
            r"axis -2 of shape .* which has 4 elements",
        ),
        ("GATHER", "GatherOptions", {"Axis": 2, "BatchDims": 2}, 0, r"batch_dims 2 does not fit .* \(1,\)"),
        ("GATHER", "GatherOptions", {"Axis": 2, "BatchDims": -2}, 0, r"batch_dims -2 does not fit"),
        ("GATHER", "GatherOptions", {"Axis": 0, "BatchDims": 1}, 0, r"batch_dims 1 does not fit .* axis 0"),
    ],
)
def test_axes_that_a_tflite_tensor_does_not_have_are_named(
    code: str, options: str, fields: dict[str, object], axis: int | None, message: str, tmp_path: Path
) -> None:
    model = TfliteModel()
    x = model.input(1, 1, 4, 8)
    constants = [] if axis is None else [model.ints(axis)]
    shape = {"EXPAND_DIMS": (1, 1, 1, 4, 8), "SQUEEZE": (4, 8), "GATHER": (1, 1, 1, 8)}[code]
    y = model.op(code, [x, *constants], [model.tensor(*shape)], options, **fields)
    file = tmp_path / "model.tflite"
    file.write_bytes(model.build(y))
    with pytest.raises(ModelError, match=message):
        operators.load(file)


@pytest.mark.parametrize(
    ("given", "right"), [(0, True), (2, True), (1, False), (-1, False), (1 << 30, False)]
)
def test_a_depth_multiplier_that_the_weights_do_not_have_is_named(
    given: int, right: bool, tmp_path: Path
) -> None:
    model = TfliteModel()
    inputs = [model.input(1, 4, 4, 8), model.weights(1, 3, 3, 16, axis=3), model.bias(16, 0.0005)]
    options = {"StrideH": 1, "StrideW": 1, "DepthMultiplier": given}
    y = model.op(
        "DEPTHWISE_CONV_2D", inputs, [model.tensor(1, 4, 4, 16)], "DepthwiseConv2DOptions", **options
    )
    file = tmp_path / "model.tflite"
    file.write_bytes(model.build(y))
    if right:
        assert operators.load(file).layers
        return
    with pytest.raises(
        ModelError, match=f"its depth multiplier is {given}, weights of 16 channels .* need 2"
    ):
        operators.load(file)
