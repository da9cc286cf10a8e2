"""Each TFLite operator of the supported list against LiteRT, within 1 LSB."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frontend import litert
from nmcu import graph, operators, verification
from nmcu.bench.differential.tflite.model import TfliteModel
from nmcu.errors import ModelError
from nmcu.frontend.from_tflite.operators import resize
from nmcu.graph import Graph

SAME, VALID = 0, 1


def checked(tmp_path: Path, model: TfliteModel, *outputs: int, tolerance: int = 1) -> Graph:
    """Load the model; every layer and every output is within `tolerance` of LiteRT's for three inputs."""
    data = model.build(*outputs)
    path = tmp_path / "m.tflite"
    path.write_bytes(data)
    loaded = operators.load(path)
    for seed in range(3):
        feeds = graph.random_inputs(loaded, seed)
        known, ours = litert.tensors(data, feeds), graph.reference.run_model(loaded, feeds)
        assert verification.compare(loaded, known).faults == ()
        for name, value in ours.items():
            wanted = litert.output(loaded, known, name)
            assert value.shape == wanted.shape
            assert value.dtype == wanted.dtype
            assert np.abs(value.astype(np.float64) - wanted).max() <= tolerance
    return loaded


@pytest.mark.parametrize("padding", [SAME, VALID])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2)])
def test_conv_2d(tmp_path: Path, padding: int, stride: int, dilation: int) -> None:
    m = TfliteModel()
    scales = [0.002 * (i + 1) for i in range(6)]
    x = m.input(1, 9, 7, 4, zero=5)
    size = [-(-n // stride) if padding == SAME else (n - 2 * dilation - 1) // stride + 1 for n in (9, 7)]
    y = m.tensor(1, *size, 6, scale=0.07, zero=-9)
    bias = m.bias(6, [0.05 * s for s in scales])
    options = {"Padding": padding, "StrideH": stride, "StrideW": stride, "FusedActivationFunction": 1}
    options |= {"DilationHFactor": dilation, "DilationWFactor": dilation}
    m.op("CONV_2D", [x, m.weights(6, 3, 3, 4, scale=scales), bias], [y], "Conv2DOptions", **options)
    checked(tmp_path, m, y)


@pytest.mark.parametrize("multiplier", [1, 3])
def test_depthwise_conv_2d(tmp_path: Path, multiplier: int) -> None:
    m = TfliteModel()
    cout = 4 * multiplier
    scales = [0.002 * (i + 1) for i in range(cout)]
    x, y = m.input(1, 8, 6, 4, zero=5), m.tensor(1, 4, 3, cout, scale=0.02, zero=3)
    w = m.weights(1, 3, 3, cout, scale=scales, axis=3)
    options = {"Padding": SAME, "StrideH": 2, "StrideW": 2, "DepthMultiplier": multiplier}
    options |= {"DilationHFactor": 1, "DilationWFactor": 1, "FusedActivationFunction": 3}
    bias = m.bias(cout, [0.05 * s for s in scales])
    m.op("DEPTHWISE_CONV_2D", [x, w, bias], [y], "DepthwiseConv2DOptions", **options)
    model = checked(tmp_path, m, y)
    assert model.layers[0].kind == ("depthwise" if multiplier == 1 else "conv")


@pytest.mark.parametrize("keep", [True, False])
def test_fully_connected(tmp_path: Path, keep: bool) -> None:
    m = TfliteModel()
    x = m.input(1, 5, 12, zero=-4)
    y = m.tensor(1, 5, 8, scale=0.06, zero=3) if keep else m.tensor(5, 8, scale=0.06, zero=3)
    options = {"FusedActivationFunction": 0, "KeepNumDims": keep}
    m.op("FULLY_CONNECTED", [x, m.weights(8, 12), m.bias(8, 0.0005)], [y], "FullyConnectedOptions", **options)
    checked(tmp_path, m, y)


@pytest.mark.parametrize(("dtype", "zero"), [("uint8", 60), ("int8", -3)])
def test_weights_with_a_zero_point_from_which_they_differ_by_an_int8(
    tmp_path: Path, dtype: str, zero: int
) -> None:
    """Files of TensorFlow 1 (uint8 throughout), and those whose weights have few bits."""
    m = TfliteModel()
    other = {"dtype": dtype, "zero": 120} if dtype == "uint8" else {"zero": 5}
    x, y = m.input(1, 12, scale=0.05, **other), m.tensor(1, 6, scale=0.3, **other)
    data = m.rng.integers(0, 120, (6, 12)).astype(dtype)
    w = m.tensor(6, 12, scale=0.01, zero=zero, data=data, dtype=dtype)
    options = {"FusedActivationFunction": 0, "KeepNumDims": 0, "WeightsFormat": 0}
    m.op("FULLY_CONNECTED", [x, w, m.bias(6, 0.0005)], [y], "FullyConnectedOptions", **options)
    checked(tmp_path, m, y)


@pytest.mark.parametrize("padding", [SAME, VALID])
@pytest.mark.parametrize("stride", [1, 2])
def test_transpose_conv(tmp_path: Path, padding: int, stride: int) -> None:
    m = TfliteModel()
    size = [n * stride if padding == SAME else (n - 1) * stride + 3 for n in (4, 5)]
    x, y = m.input(1, 4, 5, 6, zero=5), m.tensor(1, *size, 3, scale=0.05, zero=2)
    options = {"Padding": padding, "StrideH": stride, "StrideW": stride}
    m.op(
        "TRANSPOSE_CONV",
        [m.ints(1, *size, 3), m.weights(3, 3, 3, 6), x],
        [y],
        "TransposeConvOptions",
        **options,
    )
    checked(tmp_path, m, y)


@pytest.mark.parametrize(
    ("code", "options"), [("ADD", "AddOptions"), ("SUB", "SubOptions"), ("MUL", "MulOptions")]
)
@pytest.mark.parametrize("other", ["same", "channel", "constant"])
def test_arithmetic(tmp_path: Path, code: str, options: str, other: str) -> None:
    m = TfliteModel()
    a = m.input(1, 4, 5, 6, scale=0.04, zero=5)
    if other == "constant":
        data = np.random.default_rng(1).integers(-128, 128, (6,)).astype(np.int8)
        b = m.tensor(6, scale=0.02, zero=-3, data=data)
    else:
        b = m.input(1, *((4, 5) if other == "same" else (1, 1)), 6, scale=0.02, zero=-30)
    y = m.tensor(1, 4, 5, 6, scale=0.03, zero=7)
    m.op(code, [a, b], [y], options, FusedActivationFunction=0)
    checked(tmp_path, m, y)


def test_operators_that_only_the_newer_field_names(tmp_path: Path) -> None:
    """The package tflite 2.18 answers with the deprecated field where the newer one is below 127: all would be ADD."""
    m = TfliteModel(codes="newer")
    a, b = m.input(1, 4, 5, 6, scale=0.04, zero=5), m.input(1, 4, 5, 6, scale=0.02, zero=-30)
    y = m.tensor(1, 4, 5, 6, scale=0.03, zero=7)
    m.op("MUL", [a, b], [y], "MulOptions", FusedActivationFunction=0)
    assert [layer.kind for layer in checked(tmp_path, m, y).layers] == ["mul"]


@pytest.mark.parametrize("code", ["ADD", "SUB", "MUL"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("first", [True, False])
def test_constant_operand_becomes_a_table(tmp_path: Path, code: str, channels: int, first: bool) -> None:
    """One value, or one for each of few channels, on either side."""
    m = TfliteModel()
    x = m.input(1, 4, 5, 3, scale=0.04, zero=5)
    data = np.array([-77, 100, 13][:channels], np.int8)
    constant = m.tensor(channels, scale=0.02, zero=-3, data=data)
    y = m.tensor(1, 4, 5, 3, scale=0.03, zero=7)
    operands = [constant, x] if first else [x, constant]
    m.op(code, operands, [y], f"{code.capitalize()}Options", FusedActivationFunction=1)
    (layer,) = checked(tmp_path, m, y).layers
    assert (layer.kind, type(layer.op).__name__) == (code.lower(), "Table")


def test_normalisation_that_keeps_every_code_costs_nothing(tmp_path: Path) -> None:
    """An image of 0 to 1 times 2 less 1, each result in its own scale, as exports of TensorFlow Hub begin."""
    m = TfliteModel()
    x = m.input(1, 4, 5, 3, scale=1 / 255, zero=-128)
    two = m.tensor(1, scale=2 / 127, zero=0, data=np.array([127], np.int8))
    one = m.tensor(1, scale=1 / 127, zero=0, data=np.array([127], np.int8))
    doubled = m.tensor(1, 4, 5, 3, scale=2 / 255, zero=-128)
    y = m.tensor(1, 4, 5, 3, scale=2 / 255, zero=-1)
    m.op("MUL", [x, two], [doubled], "MulOptions", FusedActivationFunction=0)
    m.op("SUB", [doubled, one], [y], "SubOptions", FusedActivationFunction=0)
    assert {layer.kind for layer in checked(tmp_path, m, y).layers} == {"reshape"}


@pytest.mark.parametrize("code", ["MINIMUM", "MAXIMUM"])
def test_extremum(tmp_path: Path, code: str) -> None:
    m = TfliteModel()
    a, b, y = m.input(1, 4, 5, 6), m.input(1, 4, 5, 6), m.tensor(1, 4, 5, 6)
    m.op(code, [a, b], [y], "MaximumMinimumOptions")
    checked(tmp_path, m, y)


@pytest.mark.parametrize(("corners", "centres"), [(False, False), (True, False), (False, True)])
def test_nearest_resize_of_every_size_up_to_fifty(corners: bool, centres: bool) -> None:
    fields = {"AlignCorners": corners, "HalfPixelCenters": centres}
    for old in range(1, 51):
        m = TfliteModel()
        x, outputs = m.input(1, old, 1, 1), [m.tensor(1, new, 1, 1) for new in range(1, 51)]
        for new, y in enumerate(outputs, 1):
            kind = "ResizeNearestNeighborOptions"
            m.op("RESIZE_NEAREST_NEIGHBOR", [x, m.ints(new, 1)], [y], kind, **fields)
        feed = np.arange(old, dtype=np.int8).reshape(1, old, 1, 1)
        found = litert.tensors(m.build(*outputs), {"tensor0": feed}, "default")
        for new, y in enumerate(outputs, 1):
            wanted = found[y].reshape(-1)
            np.testing.assert_array_equal(resize.picked(old, new, corners, centres), wanted)


@pytest.mark.parametrize(("corners", "centres"), [(False, False), (True, False), (False, True)])
def test_bilinear_resize_to_every_size_up_to_thirty(corners: bool, centres: bool) -> None:
    """LiteRT 2.3 rounds the ratio of sizes (findings/litert_resize_bilinear.sh): exact ones are up to 2 steps off."""
    kind, fields = "ResizeBilinearOptions", {"AlignCorners": corners, "HalfPixelCenters": centres}
    for old in (1, 2, 3, 5, 8, 13, 23, 30):
        m = TfliteModel()
        x, outputs = m.input(1, old, 1, 1), [m.tensor(1, new, 1, 1) for new in range(1, 31)]
        for new, y in enumerate(outputs, 1):
            m.op("RESIZE_BILINEAR", [x, m.ints(new, 1)], [y], kind, **fields)
        data = m.build(*outputs)
        feed = {"tensor0": np.where(np.arange(old) % 2, -128, 127).astype(np.int8).reshape(1, old, 1, 1)}
        model = operators.parse(data, "m.tflite")
        found = litert.tensors(data, feed)
        for name, value in graph.reference.run_model(model, feed).items():
            wanted = litert.output(model, found, name)
            assert np.abs(value.astype(np.int32) - wanted).max() <= 1


def test_corners_and_centres_at_once_are_refused() -> None:
    m = TfliteModel()
    x, y = m.input(1, 4, 4, 1), m.tensor(1, 8, 8, 1)
    m.op(
        "RESIZE_BILINEAR",
        [x, m.ints(8, 8)],
        [y],
        "ResizeBilinearOptions",
        AlignCorners=True,
        HalfPixelCenters=True,
    )
    with pytest.raises(ModelError, match="aligns corners and centres at once"):
        operators.parse(m.build(y), "m.tflite")


FUNCTIONS: dict[str, tuple[float, int, str, dict[str, Any]]] = {
    "LOGISTIC": (1 / 256, -128, "", {}),
    "TANH": (1 / 128, 0, "", {}),
    "HARD_SWISH": (0.04, -100, "HardSwishOptions", {}),
    "LEAKY_RELU": (0.04, -20, "LeakyReluOptions", {"Alpha": 0.2}),
    "ELU": (0.04, -20, "", {}),
    "GELU": (0.04, -100, "GeluOptions", {"Approximate": False}),
    "RELU": (0.04, -128, "", {}),
    "RELU6": (0.03, -128, "", {}),
    "RELU_N1_TO_1": (0.01, 0, "", {}),
    "ABS": (0.05, -128, "AbsOptions", {}),
}


@pytest.mark.parametrize("code", FUNCTIONS)
def test_functions(tmp_path: Path, code: str) -> None:
    scale, zero, options, fields = FUNCTIONS[code]
    m = TfliteModel()
    x, y = m.input(1, 4, 8, 8, scale=0.05, zero=3), m.tensor(1, 4, 8, 8, scale=scale, zero=zero)
    m.op(code, [x], [y], options, **fields)
    # LiteRT's hard swish and ELU work with 16-bit intermediates.
    checked(tmp_path, m, y)


def test_prelu(tmp_path: Path) -> None:
    m = TfliteModel()
    slope = np.random.default_rng(0).integers(-128, 128, (1, 1, 6)).astype(np.int8)
    x, y = m.input(1, 4, 5, 6, zero=3), m.tensor(1, 4, 5, 6, scale=0.04, zero=1)
    m.op("PRELU", [x, m.tensor(1, 1, 6, scale=0.005, zero=4, data=slope)], [y])
    checked(tmp_path, m, y)


@pytest.mark.parametrize(("code", "options"), [("AVERAGE_POOL_2D", 0), ("MAX_POOL_2D", 0)])
@pytest.mark.parametrize("padding", [SAME, VALID])
def test_pooling(tmp_path: Path, code: str, options: int, padding: int) -> None:
    m = TfliteModel()
    size = (4, 3) if padding == SAME else (3, 3)
    x, y = m.input(1, 8, 6, 5, zero=3), m.tensor(1, *size, 5, zero=3)
    fields = {"Padding": padding, "StrideH": 2, "StrideW": 2, "FilterHeight": 3, "FilterWidth": 2}
    m.op(code, [x], [y], "Pool2DOptions", **fields, FusedActivationFunction=options)
    checked(tmp_path, m, y)


@pytest.mark.parametrize(
    ("axes", "shape"),
    [((1, 2), (1, 6)), ((2,), (1, 4, 6)), ((3,), (1, 4, 5)), ((-1, -2), (1, 4)), ((), (1, 4, 5, 6))],
)
def test_mean(tmp_path: Path, axes: tuple[int, ...], shape: tuple[int, ...]) -> None:
    m = TfliteModel()
    x, y = m.input(1, 4, 5, 6, zero=3), m.tensor(*shape, scale=0.02, zero=-3)
    m.op("MEAN", [x, m.ints(*axes)], [y], "ReducerOptions", KeepDims=False)
    checked(tmp_path, m, y)


@pytest.mark.parametrize("code", ["SOFTMAX", "LOG_SOFTMAX"])
@pytest.mark.parametrize("shape", [(1, 10), (4, 33)])
def test_softmax(tmp_path: Path, code: str, shape: tuple[int, ...]) -> None:
    m = TfliteModel()
    quant = {"scale": 1 / 256, "zero": -128} if code == "SOFTMAX" else {"scale": 16 / 256, "zero": 127}
    x, y = m.input(*shape, zero=3), m.tensor(*shape, **quant)
    options = {"Beta": 1.0} if code == "SOFTMAX" else {}
    m.op(code, [x], [y], "SoftmaxOptions" if options else "LogSoftmaxOptions", **options)
    checked(tmp_path, m, y)


def test_concatenation_rescales(tmp_path: Path) -> None:
    m = TfliteModel()
    a, b = m.input(1, 4, 5, 3, scale=0.05, zero=3), m.input(1, 4, 5, 4, scale=0.03, zero=-7)
    y = m.tensor(1, 4, 5, 7, scale=0.05, zero=3)
    scaled = m.tensor(1, 4, 5, 4, scale=0.05, zero=3)
    m.op("QUANTIZE", [b], [scaled])
    m.op("CONCATENATION", [a, scaled], [y], "ConcatenationOptions", Axis=3)
    checked(tmp_path, m, y)


def test_strided_slice_whose_ends_count_from_its_beginnings(tmp_path: Path) -> None:
    m = TfliteModel()
    x, y = m.input(1, 6, 8, 4, zero=3), m.tensor(1, 2, 3, 2, zero=3)
    inputs = [x, m.ints(0, 1, 2, 2), m.ints(1, 4, 5, 2), m.ints(1, 2, 2, 1)]
    m.op("STRIDED_SLICE", inputs, [y], "StridedSliceOptions", Offset=True)
    checked(tmp_path, m, y, tolerance=0)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_concatenation_along_every_axis(tmp_path: Path, axis: int) -> None:
    """Of the batch, too, which the device does not keep for three axes."""
    m, shape = TfliteModel(), (1, 4, 3)
    x = m.input(*shape, zero=3)
    data = np.arange(np.prod(shape)).astype(np.int8).reshape(shape)
    joined = [d * (2 if a == axis % len(shape) else 1) for a, d in enumerate(shape)]
    y = m.tensor(*joined, zero=3)
    m.op("CONCATENATION", [x, m.tensor(*shape, zero=3, data=data)], [y], "ConcatenationOptions", Axis=axis)
    checked(tmp_path, m, y, tolerance=0)


def test_slices_splits_and_transposes(tmp_path: Path) -> None:
    m = TfliteModel()
    x = m.input(1, 6, 8, 4, zero=3)
    outputs = [
        m.tensor(*s, zero=3) for s in ((1, 2, 5, 4), (1, 3, 3, 4), (1, 4, 6, 8), (1, 6, 4, 4), (1, 6, 4, 4))
    ]
    m.op("SLICE", [x, m.ints(0, 1, 2, 0), m.ints(1, 2, 5, -1)], [outputs[0]], "SliceOptions")
    stride = [m.ints(0, 0, 1, 0), m.ints(1, 6, 7, 4), m.ints(1, 2, 2, 1)]
    m.op("STRIDED_SLICE", [x, *stride], [outputs[1]], "StridedSliceOptions", EndMask=8)
    m.op("TRANSPOSE", [x, m.ints(0, 3, 1, 2)], [outputs[2]], "TransposeOptions")
    axis = m.tensor(scale=None, data=np.array(2, np.int32), dtype="int32")
    m.op("SPLIT", [axis, x], outputs[3:], "SplitOptions", NumSplits=2)
    checked(tmp_path, m, *outputs, tolerance=0)


@pytest.mark.parametrize(
    ("code", "options"),
    [
        ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions"),
        ("RESIZE_BILINEAR", "ResizeBilinearOptions"),
    ],
)
@pytest.mark.parametrize("mode", ["plain", "AlignCorners", "HalfPixelCenters"])
@pytest.mark.parametrize("size", [(8, 10), (3, 9)])
def test_resize(tmp_path: Path, code: str, options: str, mode: str, size: tuple[int, int]) -> None:
    m = TfliteModel()
    x, y = m.input(1, 4, 5, 3, zero=3), m.tensor(1, *size, 3, zero=3)
    fields = {} if mode == "plain" else {mode: True}
    m.op(code, [x, m.ints(*size)], [y], options, **fields)
    checked(tmp_path, m, y)


def test_pad_reshape_and_arg_max(tmp_path: Path) -> None:
    m = TfliteModel()
    x = m.input(1, 3, 4, 2, zero=3)
    padded, flat = m.tensor(1, 6, 5, 2, zero=3), m.tensor(1, 60, zero=3)
    pairs = np.array([[0, 0], [1, 2], [0, 1], [0, 0]], np.int32)
    m.op("PAD", [x, m.tensor(4, 2, scale=None, data=pairs, dtype="int32")], [padded], "PadOptions")
    m.op("RESHAPE", [padded, m.ints(1, 60)], [flat], "ReshapeOptions")
    index = m.tensor(1, scale=None, dtype="int32")
    m.op("ARG_MAX", [flat, m.ints(1)], [index], "ArgMaxOptions", OutputType=2)
    checked(tmp_path, m, flat, index, tolerance=0)


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_border_types(tmp_path: Path, dtype: str) -> None:
    m = TfliteModel()
    zero = 131 if dtype == "uint8" else 0
    quant = {"scale": 0.05, "zero": zero} if dtype == "uint8" else {"scale": None}
    x, y = m.input(1, 12, dtype=dtype, **quant), m.tensor(1, 8, dtype=dtype, **quant)
    inner, result = m.tensor(1, 12, scale=0.05, zero=3), m.tensor(1, 8, scale=0.05, zero=3)
    m.op("QUANTIZE", [x], [inner])
    m.op("FULLY_CONNECTED", [inner, m.weights(8, 12), m.bias(8, 0.0005)], [result], "FullyConnectedOptions")
    m.op("QUANTIZE" if dtype == "uint8" else "DEQUANTIZE", [result], [y])
    checked(tmp_path, m, y)


def copier(code: str, x: tuple[float, int], y: tuple[float, int], other: tuple[float, int]) -> TfliteModel:
    """A model of one operator that copies integers; its outputs are its last tensors. `other`: a second operand."""
    m = TfliteModel()
    a = m.input(1, 4, 4, 3, scale=x[0], zero=x[1])
    pads = np.array([[0, 0], [1, 1], [0, 0], [0, 0]], np.int32)
    pairs = m.tensor(4, 2, scale=None, data=pads, dtype="int32")
    axis = m.tensor(scale=None, data=np.array(1, np.int32), dtype="int32")
    value = m.tensor(1, scale=other[0], zero=other[1], data=np.array([-7], np.int8))
    pool = {"StrideH": 2, "StrideW": 2, "FilterHeight": 2, "FilterWidth": 2, "Padding": VALID}
    inputs, shape, options, fields = {
        "PAD": ([a, pairs], (1, 6, 4, 3), "PadOptions", {}),
        "PADV2": ([a, pairs, value], (1, 6, 4, 3), "PadV2Options", {}),
        "TRANSPOSE": ([a, m.ints(0, 2, 3, 1)], (1, 4, 3, 4), "TransposeOptions", {}),
        "RESHAPE": ([a, m.ints(1, 16, 3)], (1, 16, 3), "", {}),
        "SQUEEZE": ([a], (4, 4, 3), "SqueezeOptions", {}),
        "EXPAND_DIMS": ([a, m.ints(1)], (1, 1, 4, 4, 3), "ExpandDimsOptions", {}),
        "SLICE": ([a, m.ints(0, 1, 0, 0), m.ints(1, 2, -1, 1)], (1, 2, 4, 1), "SliceOptions", {}),
        "STRIDED_SLICE": (
            [a, m.ints(0, 0, 0, 0), m.ints(1, 4, 4, 3), m.ints(1, 2, 3, 1)], (1, 2, 2, 3), "StridedSliceOptions", {}
        ),
        "SPLIT": ([axis, a], (1, 2, 4, 3), "SplitOptions", {"NumSplits": 2}),
        "SPLIT_V": ([a, m.ints(2, 2), axis], (1, 2, 4, 3), "SplitVOptions", {"NumSplits": 2}),
        "MAX_POOL_2D": ([a], (1, 2, 2, 3), "Pool2DOptions", pool),
        "AVERAGE_POOL_2D": ([a], (1, 2, 2, 3), "Pool2DOptions", pool),
        "RESIZE_BILINEAR": ([a, m.ints(3, 5)], (1, 3, 5, 3), "ResizeBilinearOptions", {}),
        "RESIZE_NEAREST_NEIGHBOR": ([a, m.ints(3, 5)], (1, 3, 5, 3), "ResizeNearestNeighborOptions", {}),
        "MAXIMUM": ([a, value], (1, 4, 4, 3), "MaximumMinimumOptions", {}),
        "MINIMUM": ([value, a], (1, 4, 4, 3), "MaximumMinimumOptions", {}),
    }[code]  # fmt: skip
    outputs = [m.tensor(*shape, scale=y[0], zero=y[1]) for _ in range(2 if code.startswith("SPLIT") else 1)]
    m.op(code, inputs, outputs, options, **fields)
    return m


COPIERS = (
    *(
        "PAD",
        "PADV2",
        "TRANSPOSE",
        "RESHAPE",
        "SQUEEZE",
        "EXPAND_DIMS",
        "SLICE",
        "STRIDED_SLICE",
        "SPLIT",
        "SPLIT_V",
    ),
    *("MAX_POOL_2D", "AVERAGE_POOL_2D", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "MAXIMUM", "MINIMUM"),
)


@pytest.mark.parametrize("code", COPIERS)
def test_copies_to_another_scale_are_refused(tmp_path: Path, code: str) -> None:
    """LiteRT 2.3 copies the integers (pools: refuses), so the values would change; close scales change no integer."""
    quant, close, results = (0.05, 3), (0.05001, 3), []
    for other in (quant, close):
        m = copier(code, quant, other, other)
        outputs = [i for node in m.nodes for i in node.outputs]
        if other == quant:
            checked(
                tmp_path, m, *outputs, tolerance=1 if code in ("AVERAGE_POOL_2D", "RESIZE_BILINEAR") else 0
            )
        (tmp_path / "m.tflite").write_bytes(m.build(*outputs))
        loaded = operators.load(tmp_path / "m.tflite")
        assert {o.scale for o in loaded.outputs} == {float(np.float32(other[0]))}
        results.append(graph.reference.run_model(loaded, graph.random_inputs(loaded, 1)))
    for name, codes in results[0].items():
        np.testing.assert_array_equal(codes, results[1][name])
    for wrong in ((0.1, 3), (0.05, 4)):
        m = copier(code, quant, wrong, wrong)
        (tmp_path / "m.tflite").write_bytes(m.build(*(i for node in m.nodes for i in node.outputs)))
        with pytest.raises(ModelError, match=rf"{code}.*scale 0\.\d+ and zero point 3, its output"):
            operators.load(tmp_path / "m.tflite")


@pytest.mark.parametrize("code", ["PADV2", "MAXIMUM", "MINIMUM"])
def test_second_operands_of_copies_have_the_same_scale(tmp_path: Path, code: str) -> None:
    m = copier(code, (0.05, 3), (0.05, 3), (0.2, 3))
    (tmp_path / "m.tflite").write_bytes(m.build(*m.nodes[0].outputs))
    with pytest.raises(ModelError, match=rf"{code}.*scale 0\.2 and zero point 3, its output"):
        operators.load(tmp_path / "m.tflite")


@pytest.mark.parametrize("shape", [(5,), (1, 5), (2, 5), (1, 3, 5), (2, 3, 5), (2, 3, 4, 5)])
def test_padding_of_every_axis(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """The batch too, which the device does not keep for ranks other than 4."""
    for code in ("PAD", "PADV2"):
        m = TfliteModel()
        pads = np.array([[1 + a, 2] for a in range(len(shape))], np.int32)
        x = m.input(*shape, zero=3)
        y = m.tensor(*(d + 3 + a for a, d in enumerate(shape)), zero=3)
        inputs = [x, m.tensor(len(shape), 2, scale=None, data=pads, dtype="int32")]
        inputs += [m.tensor(zero=3, data=np.array(-7, np.int8))] if code == "PADV2" else []
        m.op(code, inputs, [y], "PadV2Options" if code == "PADV2" else "PadOptions")
        checked(tmp_path, m, y, tolerance=0)


@pytest.mark.parametrize("code", ["ADD", "MUL", "MAXIMUM", "PADV2", "PRELU"])
def test_constants_of_uint8(tmp_path: Path, code: str) -> None:
    m = TfliteModel()
    x = m.input(1, 4, 5, 6, scale=0.04, zero=120, dtype="uint8")
    y = m.tensor(1, 5 if code == "PADV2" else 4, 5, 6, scale=0.04, zero=120, dtype="uint8")
    count = 1 if code == "PADV2" else 6
    data = np.random.default_rng(1).integers(0, 256, count).astype(np.uint8)
    inputs = [x, m.tensor(count, scale=0.04, zero=120, data=data, dtype="uint8")]
    if code == "PADV2":
        pads = np.array([[0, 0], [1, 0], [0, 0], [0, 0]], np.int32)
        inputs.insert(1, m.tensor(4, 2, scale=None, data=pads, dtype="int32"))
    options = {
        "ADD": "AddOptions",
        "MUL": "MulOptions",
        "MAXIMUM": "MaximumMinimumOptions",
        "PADV2": "PadV2Options",
    }
    m.op(code, inputs, [y], options.get(code, ""))
    checked(tmp_path, m, y)


def test_names_that_are_empty_or_used_twice(tmp_path: Path) -> None:
    """LiteRT 2.3 goes by index; two inputs of one name were one input here."""
    m = TfliteModel()
    a, b = m.input(1, 6, scale=0.04, name=""), m.input(1, 6, scale=0.02, zero=5, name="")
    c = m.tensor(1, 6, scale=0.03, name="same")
    y = m.tensor(1, 6, scale=0.05, name="same")
    m.op("SUB", [a, b], [c], "SubOptions")
    m.op("MUL", [c, b], [y], "MulOptions")
    (tmp_path / "m.tflite").write_bytes(m.build(c, y))
    loaded = operators.load(tmp_path / "m.tflite")
    assert [i.name for i in loaded.border.model_inputs] == ["tensor 0", "tensor 1"]
    assert [o.name for o in loaded.border.model_outputs] == ["same", "same_1"]
    arrays = np.array([[1, 2, 3, 4, 5, 100]], np.int8), np.array([[5, 6, 7, 105, -95, 55]], np.int8)
    results = graph.reference.run_model(loaded, {"tensor 0": arrays[0], "tensor 1": arrays[1]})
    np.testing.assert_array_equal(results["same"], [[1, 2, 3, -61, 73, 100]])


def test_what_no_output_needs_is_not_read(tmp_path: Path) -> None:
    """Converters leave dead operators behind, and LiteRT does not mind."""
    m = TfliteModel()
    x, y, dead, index = m.input(1, 6), m.tensor(1, 6), m.tensor(6), m.tensor(scale=None, dtype="int32")
    m.op("ABS", [x], [y], "AbsOptions")
    m.op("CUMSUM", [x, m.ints(1)], [dead], "CumsumOptions")
    m.op("ARG_MAX", [dead, m.ints(0)], [index], "ArgMaxOptions", OutputType=2)
    (tmp_path / "m.tflite").write_bytes(m.build(y))
    assert [layer.kind for layer in operators.load(tmp_path / "m.tflite").layers] == ["abs"]


@pytest.mark.parametrize("activation", [1, 2, 3])
def test_max_pooling_with_an_activation(tmp_path: Path, activation: int) -> None:
    m = TfliteModel()
    x, y = m.input(1, 8, 6, 5, zero=3), m.tensor(1, 4, 3, 5, zero=3)
    fields = {"Padding": SAME, "StrideH": 2, "StrideW": 2, "FilterHeight": 3, "FilterWidth": 2}
    m.op("MAX_POOL_2D", [x], [y], "Pool2DOptions", FusedActivationFunction=activation, **fields)
    checked(tmp_path, m, y, tolerance=0)


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((1, 2, 3, 5), (0, 1, 2)),
        ((1, 2, 3, 5), (0,)),
        ((1, 2, 3, 5), (0, 3)),
        ((1, 2, 1, 5), (1, -1)),
        ((1, 6, 5), (0,)),
        ((1, 6, 5), (0, 1)),
        ((1, 6, 5), (-3, 2)),
        ((1, 7), (0,)),
        ((1, 7), (0, 1)),
    ],
)
def test_mean_over_the_batch(
    tmp_path: Path, shape: tuple[int, ...], axes: tuple[int, ...], keep: bool
) -> None:
    m = TfliteModel()
    reduced = {a % len(shape) for a in axes}
    kept = [1 if a in reduced else d for a, d in enumerate(shape)]
    wanted = kept if keep else [d for a, d in enumerate(shape) if a not in reduced]
    x, y = m.input(*shape, scale=0.05, zero=3), m.tensor(*wanted, scale=0.04, zero=-5)
    m.op("MEAN", [x, m.ints(*axes)], [y], "ReducerOptions", KeepDims=keep)
    checked(tmp_path, m, y)
