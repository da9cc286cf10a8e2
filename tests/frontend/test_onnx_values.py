"""Small QDQ models whose outputs, element by element, are those of ONNX Runtime: what reading must not change."""

from pathlib import Path

import numpy as np
import pytest

from frontend import ort
from nmcu import graph, operators
from nmcu.errors import ModelError
from nmcu.frontend.lower import resize

SCALE = 0.05


def agrees(path: Path, tolerance: float = 1.001) -> None:
    """Every output within `tolerance` steps of ONNX Runtime's for three inputs."""
    for feed in ort.feeds(path, 3):
        wide = {name: value * 3 for name, value in feed.items()}
        assert {k: v for k, v in ort.output_steps(path, wide).items() if v > tolerance} == {}


@pytest.mark.parametrize("size", [(5, 5, 5), (1, 4, 4), (4, 4, 1)])
def test_one_map_in_several_orders_of_the_same_shape(tmp_path: Path, size: tuple[int, int, int]) -> None:
    m = ort.FloatModel(1, *size)
    x = m.pair("input", SCALE, 3)
    perms = ((0, 1, 3, 2), (0, 3, 2, 1), (0, 2, 1, 3), (0, 2, 3, 1), (0, 3, 1, 2))
    same = [p for p in perms if tuple((1, *size)[a] for a in p) == (1, *size)]
    turned = [m.node("Transpose", x, perm=p) for p in same]
    m.pair(m.node("Concat", x, *turned, axis=1), SCALE, 3)
    agrees(m.save(tmp_path / "m.onnx"))


@pytest.mark.parametrize("rank", [2, 3, 4])
def test_linear_layers_over_two_axes_of_one_square(tmp_path: Path, rank: int) -> None:
    m = ort.FloatModel(*([1, 3, 6, 6] if rank == 4 else [1, 6, 6])[-rank:])
    x = m.pair("input", SCALE)
    turned = m.node("Transpose", x, perm=[*range(rank - 2), rank - 1, rank - 2])
    rows, columns = (m.pair(m.node("MatMul", v, m.integers(6, 6)), 0.2) for v in (x, turned))
    flat = [m.constant(np.array([1, -1]))]
    third = m.node("MatMul", m.node("Reshape", turned, *flat), m.integers(108 if rank == 4 else 36, 5))
    third = m.pair(third, 0.5)
    agrees(m.save(tmp_path / "m.onnx", rows, columns, third))


def conv(m: ort.FloatModel, cin: int = 4, cout: int = 8, scale: float = 0.004) -> str:
    """A convolution of the model input whose float result is not quantised yet."""
    return str(m.node("Conv", m.pair("input", SCALE, 3), m.integers(cout, cin, 3, 3, scale=scale)))


def clip(m: ort.FloatModel, x: str, lo: float, hi: float) -> str:
    return str(m.node("Clip", x, *(m.constant(np.asarray(v, np.float32)) for v in (lo, hi))))


def pad(m: ort.FloatModel, x: str, value: float) -> str:
    pads = m.constant(np.array([0, 0, 1, 2, 0, 0, 0, 1]))
    return str(m.node("Pad", x, pads, m.constant(np.asarray(value, np.float32))))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("value", "lo", "hi"), [(0.0, 0.5, 1.0), (3.0, -1.0, 1.0), (-2.0, 0.0, 6.0)])
def test_a_border_is_clamped_only_by_what_follows_it(
    tmp_path: Path, value: float, lo: float, hi: float, first: bool
) -> None:
    m = ort.FloatModel(1, 4, 7, 7)
    x = pad(m, clip(m, conv(m), lo, hi), value) if first else clip(m, pad(m, conv(m), value), lo, hi)
    m.pair(m.node("MaxPool", x, kernel_shape=[2, 2]), SCALE, -10)
    agrees(m.save(tmp_path / "m.onnx"))


def test_clamps_on_both_sides_of_two_borders(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 7, 7)
    x = pad(m, clip(m, pad(m, clip(m, conv(m), -0.5, 3.0), 5.0), -2.0, 2.0), -1.0)
    m.pair(m.node("Relu", x), SCALE / 2, 0, np.uint8)
    agrees(m.save(tmp_path / "m.onnx"))


@pytest.mark.parametrize("value", [0.0, 9.0, -9.0, 0.33])
@pytest.mark.parametrize("function", ["", "Sigmoid"])
def test_a_border_outside_the_range_of_what_it_surrounds(tmp_path: Path, value: float, function: str) -> None:
    m = ort.FloatModel(1, 4, 5, 5)
    x = m.pair("input", 0.01)
    m.pair(pad(m, m.node(function, x) if function else x, value), 0.1, 3)
    agrees(m.save(tmp_path / "m.onnx"))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
@pytest.mark.parametrize("value", [None, 7])
def test_a_border_of_integers(tmp_path: Path, dtype: type[np.generic], value: int | None) -> None:
    m = ort.FloatModel(1, 4, 5, 5)
    zero = 100
    names = [m.constant(np.asarray(SCALE, np.float32)), m.constant(np.asarray(zero, dtype))]
    quantised = m.node("QuantizeLinear", "input", *names)
    own = [] if value is None else [m.constant(np.asarray(value, dtype))]
    grown = m.node("Pad", quantised, m.constant(np.array([0, 0, 1, 2, 0, 0, 0, 1])), *own)
    m.node("DequantizeLinear", grown, *names)
    agrees(m.save(tmp_path / "m.onnx"))


def test_narrow_range_of_a_model_input(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 5, 5)
    names = [m.constant(np.asarray(0.01, np.float32)), m.constant(np.asarray(0, np.int8))]
    bounds = [m.constant(np.asarray(v, np.int8)) for v in (-127, 100)]
    m.node("DequantizeLinear", m.node("Clip", m.node("QuantizeLinear", "input", *names), *bounds), *names)
    agrees(m.save(tmp_path / "m.onnx"), tolerance=0.001)


def upsample(m: ort.FloatModel, x: str) -> str:
    return str(m.node("Resize", x, "", m.constant(np.array([1, 1, 2, 2], np.float32)), mode="linear"))


@pytest.mark.parametrize("after", ["", "Relu", "Clip"])
def test_linear_resize_of_bounded_values_before_they_are_quantised(tmp_path: Path, after: str) -> None:
    m = ort.FloatModel(1, 4, 7, 7)
    x = upsample(m, clip(m, conv(m), -1.5, 2.0))
    x = {"": lambda: x, "Relu": lambda: m.node("Relu", x), "Clip": lambda: clip(m, x, -0.3, 0.2)}[after]()
    m.pair(x, 4 / 255, -10)
    agrees(m.save(tmp_path / "m.onnx"))


@pytest.mark.parametrize("source", ["conv", "input", "clip"])
def test_linear_resize_of_values_that_saturate_only_afterwards_is_refused(
    tmp_path: Path, source: str
) -> None:
    m = ort.FloatModel(1, 4, 7, 7)
    x = "input" if source == "input" else conv(m)
    x = upsample(m, clip(m, x, 0, 6) if source == "clip" else x)
    m.pair(m.node("Relu", x) if source == "conv" else x, 0.01, 0, np.uint8)
    path = m.save(tmp_path / "m.onnx")
    with pytest.raises(ModelError, match=r"Resize.*QuantizeLinear and DequantizeLinear pair is needed"):
        operators.load(path)


@pytest.mark.parametrize("rule", resize.RULES)
@pytest.mark.parametrize("rounding", resize.ROUNDINGS)
def test_nearest_resize_picks_what_onnx_runtime_picks(rule: resize.Rule, rounding: resize.Rounding) -> None:
    attributes = {"coordinate_transformation_mode": rule, "nearest_mode": rounding}
    for old in (*range(1, 12), 13, 20, 37):
        for new in (*range(1, 12), 23, 50):
            picks = resize.picked(rule, rounding, old, new, new / old)
            np.testing.assert_array_equal(picks, ort.resized(old, size=new, **attributes))
        for scale in (0.6, 1.4, 1.6, 2.2, 2.4):
            wanted = ort.resized(old, scale=scale, **attributes)
            if wanted.size not in (0, old):
                picks = resize.picked(rule, rounding, old, wanted.size, scale)
                np.testing.assert_array_equal(picks, wanted)


@pytest.mark.parametrize("mode", ["nearest", "linear"])
@pytest.mark.parametrize(("size", "scale"), [(5, 1.4), (4, 1.1), (9, 2.4), (15, 1.6), (7, 1.6)])
def test_resize_by_a_scale_that_float32_does_not_hold(
    tmp_path: Path, size: int, scale: float, mode: str
) -> None:
    m = ort.FloatModel(1, 4, size, size)
    scales = m.constant(np.array([1, 1, scale, scale], np.float32))
    form = {"mode": mode, "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    m.pair(m.node("Resize", m.pair("input", SCALE), "", scales, **form), SCALE)
    agrees(m.save(tmp_path / "m.onnx"))


@pytest.mark.parametrize("op", ["BatchNormalization", "Dropout"])
@pytest.mark.parametrize("training", [True, False])
def test_operators_in_training_mode_are_refused(tmp_path: Path, op: str, training: bool) -> None:
    m = ort.FloatModel(1, 4, 5, 5)
    if op == "Dropout":
        half, mode = m.constant(np.asarray(0.5, np.float32)), m.constant(np.asarray(training))
        x = m.node(op, m.pair("input", SCALE), half, mode)
    else:
        values = [m.constant(np.linspace(0.5, 2, 4).astype(np.float32)) for _ in range(4)]
        x = m.node(op, conv(m, cout=4), *values, outputs=3 if training else 1, training_mode=int(training))
        x = x[0] if training else x
    m.pair(x, SCALE)
    path = m.save(tmp_path / "m.onnx")
    if training:
        with pytest.raises(ModelError, match=rf"{op}.*training_mode.*eval"):
            operators.load(path)
    else:
        agrees(path)


FULL = np.arange(-128, 128, dtype=np.float32)


def every_code(path: Path, scale: float, zero: int = 0, tolerance: float = 1.001) -> None:
    """As `agrees`, with each of the 256 codes of the input."""
    feed = ((FULL - zero) * np.float32(scale)).reshape(1, 1, 16, 16)
    assert {k: v for k, v in ort.output_steps(path, {"input": feed}).items() if v > tolerance} == {}


@pytest.mark.parametrize("scale", [0.05, 0.1, 0.02, 1 / 30])
@pytest.mark.parametrize("op", ["Ceil", "Floor", "Round", "Cast", "ThresholdedRelu", "Sign"])
@pytest.mark.parametrize("before", ["", "Mul", "Div"])
def test_functions_that_jump_see_float32(tmp_path: Path, op: str, scale: float, before: str) -> None:
    m = ort.FloatModel(1, 1, 16, 16, opset=22)
    x = m.pair("input", scale, 3)
    if before:
        x = m.node(before, x, m.constant(np.asarray(0.3 if before == "Mul" else 0.7, np.float32)))
    if op == "Cast":
        x = m.node("Cast", m.node("Cast", x, to=6), to=1)
    else:
        x = m.node(op, x, **({"alpha": 1.0} if op == "ThresholdedRelu" else {}))
    m.pair(x, 0.11, -5)
    every_code(m.save(tmp_path / "m.onnx"), scale, 3)


@pytest.mark.parametrize("scale", [0.05, 0.1, 0.02, 1 / 30])
@pytest.mark.parametrize("op", ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"])
@pytest.mark.parametrize("swapped", [True, False])
def test_comparisons_see_float32(tmp_path: Path, op: str, scale: float, swapped: bool) -> None:
    m = ort.FloatModel(1, 1, 16, 16)
    x = m.pair("input", scale)
    one = m.constant(np.asarray(1.0, np.float32))
    chosen = m.node("Where", m.node(op, *((one, x) if swapped else (x, one))), x, m.node("Neg", x))
    m.pair(chosen, scale)
    every_code(m.save(tmp_path / "m.onnx"), scale)


@pytest.mark.parametrize("op", ["Sqrt", "Log"])
def test_functions_that_are_not_numbers_somewhere(tmp_path: Path, op: str) -> None:
    m = ort.FloatModel(1, 1, 16, 16)
    m.pair(m.node(op, m.pair("input", SCALE)), 0.04, -9)
    path = m.save(tmp_path / "m.onnx")
    feed = (FULL * np.float32(SCALE)).reshape(1, 1, 16, 16)
    (ours,) = graph.reference.run_model(operators.load(path), {"input": feed}).values()
    theirs = ort.tensors(path, {"input": feed})[m.last]
    defined = feed >= 0
    assert np.abs(ours - theirs)[defined].max() <= 0.041
    assert not ours[~defined].any()
