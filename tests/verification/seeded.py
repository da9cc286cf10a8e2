"""Faults of the readers, one each, and a small model that has what they touch: `nmcu verify` must find them."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frontend import ort
from nmcu.bench.differential.tflite.model import TfliteModel
from nmcu.frontend.from_onnx import device as onnx_device
from nmcu.frontend.from_onnx import reader as onnx_reader
from nmcu.frontend.from_onnx.context import Context as OnnxContext
from nmcu.frontend.from_onnx.operators import affine as onnx_affine
from nmcu.frontend.from_onnx.operators import pool as onnx_pool
from nmcu.frontend.from_onnx.operators import quantize as onnx_quantize
from nmcu.frontend.from_onnx.operators import resize as onnx_resize
from nmcu.frontend.from_onnx.values import Flat, Real
from nmcu.frontend.from_tflite import context as tflite_context
from nmcu.frontend.from_tflite.context import Context as TfliteContext
from nmcu.frontend.from_tflite.operators import affine as tflite_affine
from nmcu.frontend.lower import affine, clamp, elementwise, pool, resize, shape
from nmcu.graph import Builder
from nmcu.verification import Finding

Patch = Callable[[pytest.MonkeyPatch], None]
Build = Callable[[Path], bytes]


VALUES, TOGETHER, SHAPE = "its values", "the values of layers judged together", "its shape"
INPUT, OUTPUT = "the way to the device", "the way to the model's output"


@dataclass(frozen=True)
class Fault:
    """`what` the readers do wrong once `patch` is applied, in the model that `build` writes; `layer` is the kind of
    layer that is to be named, `check` what gives it away."""

    what: str
    patch: Patch
    build: Build
    layer: str
    check: str = VALUES


def check(finding: Finding) -> str:
    """What gave a fault away."""
    if finding.shapes is not None:
        return SHAPE
    ends = {"quantize": INPUT, "dequantize": OUTPUT}
    return ends.get(finding.kind, TOGETHER if len(finding.layers) > 1 else VALUES)


def table() -> str:
    """The faults for the documentation."""
    rows = "".join(f"| {fault.what} | {fault.layer} | {fault.check} |\n" for fault in FAULTS)
    return f"| what the reader does wrong | layer named | by |\n| --- | --- | --- |\n{rows}"


class _WithoutOrder(dict[Any, Any]):
    """Copies of tensors, found by name and shape alone."""

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key[:2])  # type: ignore[index]

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(key[:2])

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[:2], value)


def _replaced(owner: Any, name: str, change: Callable[[Any], Any]) -> Patch:
    """`owner.name` becomes what `change` makes of it."""
    return lambda patch: patch.setattr(owner, name, change(getattr(owner, name)))


def _arguments(change: Callable[..., tuple[Any, ...]]) -> Callable[[Any], Any]:
    """The same function, its positional arguments changed."""
    return lambda right: lambda *given, **options: right(*change(*given), **options)


def _result(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same function, its result changed."""
    return lambda right: lambda *given, **options: change(right(*given, **options))


def _says(**wrong: Any) -> Callable[[Any], Any]:
    """The method of a context that reads attributes, with other answers for some of them."""
    return lambda right: lambda c, name, default: wrong[name] if name in wrong else right(c, name, default)


# ONNX


def _saved(m: ort.FloatModel, path: Path) -> bytes:
    return m.save(path / "m.onnx").read_bytes()


def _square(path: Path) -> bytes:
    m = ort.FloatModel(1, 5, 5, 5)
    x = m.pair("input", 0.05, 3)
    turned = [m.node("Transpose", x, perm=p) for p in ((0, 1, 3, 2), (0, 3, 2, 1))]
    m.pair(m.node("Concat", x, *turned, axis=1), 0.05, 3)
    return _saved(m, path)


def _bounded(m: ort.FloatModel, x: str, lo: float, hi: float) -> str:
    return str(m.node("Clip", x, *(m.constant(np.asarray(v, np.float32)) for v in (lo, hi))))


def _conv_of(m: ort.FloatModel, x: str, **options: Any) -> str:
    return str(m.node("Conv", x, m.integers(8, 4, 3, 3, scale=0.004), **options))


def _padded(path: Path) -> bytes:
    m = ort.FloatModel(1, 4, 7, 7)
    x = _conv_of(m, m.pair("input", 0.05, 3))
    pads = m.constant(np.array([0, 0, 1, 2, 0, 0, 0, 1]))
    x = m.node("Pad", x, pads, m.constant(np.asarray(3.0, np.float32)))
    m.pair(_bounded(m, x, -1.0, 1.0), 0.05, -10)
    return _saved(m, path)


def _upsampled(path: Path) -> bytes:
    m = ort.FloatModel(1, 4, 7, 7)
    x = _bounded(m, _conv_of(m, m.pair("input", 0.05, 3)), -1.5, 2.0)
    x = m.node("Resize", x, "", m.constant(np.array([1, 1, 2, 2], np.float32)), mode="linear")
    m.pair(_bounded(m, x, -0.3, 0.2), 4 / 255, -10)
    return _saved(m, path)


def _unclamped(right: Any) -> Any:
    """Clamps in front of all moves, whatever they make."""
    del right
    return lambda c, value, limits: dataclasses.replace(value, clamp=value.clamp.then(limits), affine=None)


def _nearest(path: Path) -> bytes:
    m = ort.FloatModel(1, 2, 5, 16, opset=18)
    sizes = m.constant(np.array([1, 1, 1, 2.4], np.float32))
    mode = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    m.pair(m.node("Resize", m.pair("input", 0.05), "", sizes, **mode), 0.05)
    return _saved(m, path)


def _mean(path: Path) -> bytes:
    m = ort.FloatModel(1, 4, 6, 6, opset=17)
    m.pair(m.node("ReduceMean", m.pair("input", 0.05), axes=[2], keepdims=0), 0.05)
    return _saved(m, path)


def _normalised(path: Path) -> bytes:
    m = ort.FloatModel(1, 4, 6, 6)
    constants = [m.constant(np.linspace(low, 1, 8).astype(np.float32)) for low in (0.5, -1, -0.5, 0.1)]
    x = _conv_of(m, m.pair("input", 0.05))
    m.pair(m.node("BatchNormalization", x, *constants, epsilon=0.5), 0.05)
    return _saved(m, path)


def _jumping(path: Path) -> bytes:
    m = ort.FloatModel(1, 1, 16, 16)
    m.pair(m.node("Floor", m.pair("input", 0.05, 3)), 0.11, -5)
    return _saved(m, path)


def _same_upper(path: Path) -> bytes:
    m = ort.FloatModel(1, 4, 6, 6)
    m.pair(_conv_of(m, m.pair("input", 0.05), auto_pad="SAME_UPPER", strides=[2, 2]), 0.05)
    return _saved(m, path)


def _larger(path: Path) -> bytes:
    m = ort.FloatModel(1, 2, 5, 5, opset=18)
    sizes = m.constant(np.array([1, 1, 1.4, 1.4], np.float32))
    m.pair(m.node("Resize", m.pair("input", 0.05), "", sizes, mode="nearest"), 0.05)
    return _saved(m, path)


def _pooled(path: Path) -> bytes:
    m = ort.FloatModel(1, 4, 4, 4)
    m.pair(m.node("MaxPool", m.pair("input", 0.05), kernel_shape=[1, 1]), 0.05)
    return _saved(m, path)


def _joined(path: Path) -> bytes:
    m = ort.FloatModel(1, 4, 6, 6)
    x = m.pair("input", 0.05)
    m.pair(m.node("Concat", x, m.pair(m.node("Neg", x), 0.05), axis=1), 0.05)
    return _saved(m, path)


def _uint8(path: Path) -> bytes:
    m = ort.FloatModel(1, 4, 6, 6)
    x = m.pair("input", 0.05, 100, np.uint8)
    m.pair(m.node("MaxPool", x, kernel_shape=[2, 2]), 0.05, 100, np.uint8)
    return _saved(m, path)


def _per_channel(path: Path) -> bytes:
    m = ort.FloatModel(1, 4, 6, 6)
    scales = np.linspace(0.001, 0.01, 8).astype(np.float32)
    names = [m.constant(a) for a in (m.rng.integers(-127, 128, (8, 4, 3, 3)).astype(np.int8), scales)]
    weights = m.node("DequantizeLinear", *names, m.constant(np.zeros(8, np.int8)), axis=0)
    m.pair(m.node("Conv", m.pair("input", 0.05), weights), 0.05)
    return _saved(m, path)


def _stridden(path: Path) -> bytes:
    m = ort.FloatModel(1, 4, 6, 6)
    x = m.node("Conv", m.pair("input", 0.05), m.integers(8, 4, 1, 1), strides=[1, 2])
    m.pair(x, 0.05)
    return _saved(m, path)


def _averaged(path: Path) -> bytes:
    m = ort.FloatModel(1, 4, 6, 6)
    m.pair(m.node("AveragePool", m.pair("input", 0.05, 20), kernel_shape=[3, 3], pads=[1, 1, 1, 1]), 0.05, 20)
    return _saved(m, path)


def _gemm(path: Path) -> bytes:
    m = ort.FloatModel(1, 8)
    m.pair(m.node("Gemm", m.pair("input", 0.05), m.integers(8, 8), transB=1), 0.05)
    return _saved(m, path)


def _flat(path: Path) -> bytes:
    m = ort.FloatModel(1, 3, 4, 4)
    x = m.node("Flatten", m.pair("input", 0.05), axis=1)
    m.pair(m.node("MatMul", x, m.integers(48, 6)), 0.2)
    return _saved(m, path)


def _factor(path: Path) -> bytes:
    m = ort.FloatModel(1, 4, 6, 6)
    x = m.node("LeakyRelu", m.pair("input", 0.05), alpha=0.3)
    m.pair(x, 0.05)
    return _saved(m, path)


# TFLite

SAME, VALID = 0, 1


def _tflite_conv(code: str = "CONV_2D", activation: int = 0, size: int = 6) -> bytes:
    m = TfliteModel()
    x, y = m.input(1, size, size, 4, zero=5), m.tensor(1, 3, 3, 4, scale=0.1, zero=-9)
    options = {"Padding": SAME, "StrideH": 2, "StrideW": 2, "DilationHFactor": 1, "DilationWFactor": 1}
    options["FusedActivationFunction"] = activation
    bias = m.bias(4, 0.0005)
    if code == "CONV_2D":
        m.op(code, [x, m.weights(4, 3, 3, 4), bias], [y], "Conv2DOptions", **options)
    else:
        weights = m.weights(1, 3, 3, 4, axis=3)
        m.op(code, [x, weights, bias], [y], "DepthwiseConv2DOptions", DepthMultiplier=1, **options)
    return m.build(y)


def _tflite_mean(path: Path) -> bytes:
    m = TfliteModel()
    x, y = m.input(1, 4, 4, 3), m.tensor(1, 4, 3)
    m.op("MEAN", [x, m.ints(1)], [y], "ReducerOptions", KeepDims=False)
    return m.build(y)


def _tflite_pad(path: Path) -> bytes:
    m = TfliteModel()
    x, y = m.input(1, 4, 4, 3, zero=5), m.tensor(1, 6, 6, 3, zero=5)
    pairs = m.tensor(4, 2, scale=None, data=np.array([0, 0, 1, 1, 1, 1, 0, 0], np.int32), dtype="int32")
    value = m.tensor(1, zero=5, data=np.array([40], np.int8))
    m.op("PADV2", [x, pairs, value], [y], "PadV2Options")
    return m.build(y)


def _tflite_uint8(path: Path) -> bytes:
    m = TfliteModel()
    x, y = m.input(1, 4, 4, 3, dtype="uint8", zero=100), m.tensor(1, 4, 4, 3, scale=0.07, zero=-9)
    m.op("QUANTIZE", [x], [y], "")
    return m.build(y)


def _tflite_difference(path: Path) -> bytes:
    m = TfliteModel()
    x, y = m.input(1, 4, 4, 3), m.tensor(1, 4, 4, 3, scale=0.1)
    other = m.tensor(1, 4, 4, 3, scale=0.04, data=m.rng.integers(-99, 99, (1, 4, 4, 3)).astype(np.int8))
    m.op("SUB", [x, other], [y], "SubOptions")
    return m.build(y)


def _tflite_turned(path: Path) -> bytes:
    m = TfliteModel()
    x, y = m.input(4, 4, 4), m.tensor(4, 4, 4)
    m.op("TRANSPOSE", [x, m.ints(1, 2, 0)], [y], "TransposeOptions")
    return m.build(y)


def _tflite_spread(path: Path) -> bytes:
    m = TfliteModel()
    x, y = m.input(1, 4, 4, 3, zero=5), m.tensor(1, 8, 8, 4, scale=0.1)
    options = {"Padding": SAME, "StrideH": 2, "StrideW": 2}
    m.op(
        "TRANSPOSE_CONV",
        [m.ints(1, 8, 8, 4), m.weights(4, 3, 3, 3), x],
        [y],
        "TransposeConvOptions",
        **options,
    )
    return m.build(y)


def _not_from_file(right: Any) -> Any:
    """A TFLite tensor's zero point, its uint8 not shifted."""

    def wrong(c: TfliteContext, index: int) -> Any:
        found = right(c, index)
        shift = 128 if c.file.tensors[index].dtype == "uint8" else 0
        return dataclasses.replace(found, zero_point=found.zero_point + shift)

    return wrong


def _swapped_ends(pads: tuple[int, ...]) -> tuple[int, ...]:
    half = len(pads) // 2
    return (*pads[half:], *pads[:half])


def _orderless(patch: pytest.MonkeyPatch) -> None:
    class Context(OnnxContext):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.conformed = _WithoutOrder()

    patch.setattr(onnx_reader, "Context", Context)


def _double(rule: Any, old: int, new: int, scale: np.float32) -> Any:
    decimal = float(f"{float(scale):.6g}")  # 2.4, not the float32 beside it
    return resize.coordinates(rule, old, new, decimal).astype(np.float32)


def _table_in_double(patch: pytest.MonkeyPatch) -> None:
    right = Real.apply
    patch.setattr(Real, "apply", lambda self, node, function, jumps=False: right(self, node, function, False))


def _geometry_swapped(patch: pytest.MonkeyPatch) -> None:
    right = affine.Geometry
    patch.setattr(affine, "Geometry", lambda strides, *rest: right(strides[::-1], *rest))


FAULTS = (
    Fault(
        "ONNX: copies of a tensor are kept without their order of axes",
        _orderless,
        _square,
        "concat",
        TOGETHER,
    ),
    Fault(
        "ONNX: a clamp is moved in front of a Pad",
        _replaced(onnx_device, "clamped", _unclamped),
        _padded,
        "conv",
        TOGETHER,
    ),
    Fault(
        "ONNX: a clamp is moved in front of a linear Resize",
        _replaced(onnx_device, "clamped", _unclamped),
        _upsampled,
        "resize",
        TOGETHER,
    ),
    Fault(
        "ONNX: nearest Resize computes in float64",
        lambda patch: patch.setattr(resize, "_single", _double),
        _nearest,
        "resize",
    ),
    Fault(
        "ONNX: Resize rounds a size of 7 down to 6",
        _replaced(onnx_resize, "_sizes", _result(lambda found: ((6, 6), found[1]))),
        _larger,
        "resize",
        SHAPE,
    ),
    Fault(
        "ONNX: an output stays in the device's order of axes",
        _replaced(Builder, "output", _arguments(lambda b, x, y, perm, size: (b, x, y, (0, 1, 2, 3), size))),
        _pooled,
        "dequantize",
        OUTPUT,
    ),
    Fault(
        "ONNX: ReduceMean takes the axis behind the one named",
        _replaced(
            onnx_pool, "_reduced", _arguments(lambda c, axes, *rest: (c, {a + 1 for a in axes}, *rest))
        ),
        _mean,
        "avgpool",
        TOGETHER,
    ),
    Fault(
        "ONNX: BatchNormalization has the usual epsilon, not the file's",
        _replaced(OnnxContext, "attribute", _says(epsilon=1e-5)),
        _normalised,
        "conv",
    ),
    Fault("ONNX: a function that jumps is tabulated in float64", _table_in_double, _jumping, "floor"),
    Fault(
        "ONNX: SAME_UPPER pads at the beginning",
        _replaced(onnx_affine, "explicit", _result(_swapped_ends)),
        _same_upper,
        "conv",
    ),
    Fault(
        "ONNX: Concat joins its parts in the other order",
        _replaced(shape, "concat", _arguments(lambda b, name, parts, *rest: (b, name, parts[::-1], *rest))),
        _joined,
        "concat",
    ),
    Fault(
        "ONNX: uint8 is taken for int8",
        lambda patch: patch.setitem(onnx_quantize._SHIFT, np.dtype(np.uint8), 0),
        _uint8,
        "quantize",
        INPUT,
    ),
    Fault(
        "ONNX: scales per channel go to other channels",
        _replaced(onnx_affine, "weight", _result(lambda w: dataclasses.replace(w, scale=w.scale[::-1]))),
        _per_channel,
        "conv",
    ),
    Fault("ONNX: strides of height and width are swapped", _geometry_swapped, _stridden, "conv"),
    Fault(
        "ONNX: padding counts in AveragePool",
        _replaced(OnnxContext, "attribute", _says(count_include_pad=1)),
        _averaged,
        "avgpool",
        TOGETHER,
    ),
    Fault(
        "ONNX: transB of Gemm is not looked at",
        _replaced(OnnxContext, "attribute", _says(transB=0)),
        _gemm,
        "linear",
    ),
    Fault(
        "ONNX: a flattened map is read in the device's order",
        lambda patch: patch.setattr(
            Flat, "order", property(lambda self: np.arange(np.prod(self.origin.shape)))
        ),
        _flat,
        "linear",
        TOGETHER,
    ),
    Fault(
        "ONNX: LeakyRelu has the usual slope, not the file's",
        _replaced(OnnxContext, "attribute", _says(alpha=0.01)),
        _factor,
        "leakyrelu",
    ),
    Fault(
        "TFLite: SAME pads at the beginning",
        _replaced(tflite_affine, "explicit", _result(_swapped_ends)),
        lambda path: _tflite_conv(),
        "conv",
    ),
    Fault(
        "TFLite: a fused ReLU6 is read as ReLU",
        lambda patch: patch.setitem(tflite_context._ACTIVATIONS, 3, clamp.RELU),
        lambda path: _tflite_conv(activation=3),
        "conv",
    ),
    Fault(
        "TFLite: depthwise filters are read transposed",
        _replaced(
            tflite_affine,
            "weights_of",
            _result(lambda w: dataclasses.replace(w, value=w.value.swapaxes(1, 2))),
        ),
        lambda path: _tflite_conv("DEPTHWISE_CONV_2D"),
        "depthwise",
    ),
    Fault(
        "TFLite: MEAN takes the axis behind the one named",
        _replaced(
            pool,
            "reduce",
            _arguments(lambda b, name, x, old, axes, *rest: (b, name, x, old, {a + 1 for a in axes}, *rest)),
        ),
        _tflite_mean,
        "avgpool",
        TOGETHER,
    ),
    Fault(
        "TFLite: PADV2 pads with zero",
        _replaced(TfliteContext, "has", lambda right: lambda c, at: at != 2 and right(c, at)),
        _tflite_pad,
        "pad",
    ),
    Fault(
        "TFLite: the zero point of uint8 is not shifted",
        _replaced(TfliteContext, "spec", _not_from_file),
        _tflite_uint8,
        "requantize",
    ),
    Fault(
        "TFLite: SUB adds",
        _replaced(elementwise, "add", _arguments(lambda *given: (*given[:4], 1, *given[5:]))),
        _tflite_difference,
        "add",
        TOGETHER,
    ),
    Fault(
        "TFLite: TRANSPOSE is turned the other way",
        _replaced(
            shape, "transpose", _arguments(lambda b, n, x, perm, y: (b, n, x, tuple(np.argsort(perm)), y))
        ),
        _tflite_turned,
        "transpose",
    ),
    Fault(
        "TFLite: the kernel of TRANSPOSE_CONV is not turned",
        _replaced(
            affine,
            "conv",
            lambda right: (
                lambda b, n, x, y, w, *rest: right(
                    b,
                    n,
                    x,
                    y,
                    dataclasses.replace(w, value=np.ascontiguousarray(w.value[:, ::-1, ::-1])),
                    *rest,
                )
            ),
        ),
        _tflite_spread,
        "conv",
        TOGETHER,
    ),
)
