"""Small QDQ models in the forms that exporters and people write, each a kind that random networks found wrong."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from frontend import ort
from nmcu import graph, operators
from nmcu.errors import ModelError
from nmcu.graph import ops

SCALE = 0.05


def integers(m: ort.FloatModel, dtype: type[np.generic]) -> None:
    """The model's input becomes one of integers."""
    kind = TensorProto.UINT8 if dtype is np.uint8 else TensorProto.INT8
    m.inputs = [helper.make_tensor_value_info("input", kind, m.shapes["input"])]


def parameters(m: ort.FloatModel, dtype: type[np.generic] = np.int8, zero: int = 3) -> list[str]:
    return [m.constant(np.asarray(SCALE, np.float32)), m.constant(np.asarray(zero, dtype))]


def equal(path: Path, feed: dict[str, np.ndarray]) -> None:
    """Every output by its own name, exactly as ONNX Runtime gives it."""
    ours, theirs = graph.reference.run_model(operators.load(path), feed), ort.tensors(path, feed)
    assert set(ours) == {o.name for o in onnx.load(path).graph.output}
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name])


def test_integers_that_several_nodes_and_the_user_read_are_computed_once(tmp_path: Path) -> None:
    """ONNX Runtime's quantiser gives each reader a DequantizeLinear of its own (DedicatedQDQPair)."""
    m = ort.FloatModel(1, 2, 3, 3)
    names = parameters(m)
    q = m.node("QuantizeLinear", m.node("Sigmoid", m.pair("input", SCALE)), *names)
    left, right = (m.node("DequantizeLinear", q, *names) for _ in range(2))
    total = m.pair(m.node("Add", left, m.node("Transpose", right, perm=[0, 1, 3, 2])), SCALE)
    path = m.save(tmp_path / "m.onnx", total, q)
    model = operators.load(path)
    assert sum(isinstance(layer.op, ops.Table) for layer in model.layers) == 1
    equal(path, ort.feeds(path, 1)[0])


@pytest.mark.parametrize("op", ["Slice", "Split", "Pad", "MaxPool", "Resize"])
def test_outputs_keep_their_names_whatever_writes_them(tmp_path: Path, op: str) -> None:
    m = ort.FloatModel(1, 2, 4, 4)
    q = m.node("QuantizeLinear", "input", *parameters(m))
    ends = [m.constant(np.array([0, 1])), m.constant(np.array([2, 3]))]
    match op:
        case "Slice":
            end = m.node(op, q, *ends, m.constant(np.array([1, 2])))
        case "Split":
            end, _ = m.node(op, q, outputs=2, axis=1)
        case "Pad":
            end = m.node(op, q, m.constant(np.array([0, 0, 1, 0, 0, 0, 0, 1])))
        case "MaxPool":
            end = m.node(op, q, kernel_shape=[2, 2])
        case _:
            end = m.node(op, q, "", m.constant(np.array([1, 1, 2, 2], np.float32)), mode="nearest")
    path = m.save(tmp_path / "m.onnx", end)
    equal(path, ort.feeds(path, 1)[0])


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_a_border_of_a_model_input_of_integers(tmp_path: Path, dtype: type[np.generic]) -> None:
    m = ort.FloatModel(1, 2, 3, 3)
    integers(m, dtype)
    grown = m.node(
        "Pad", "input", m.constant(np.array([0, 0, 1, 0, 0, 0, 0, 2])), m.constant(np.asarray(90, dtype))
    )
    m.node("DequantizeLinear", grown, *parameters(m, dtype))
    path = m.save(tmp_path / "m.onnx")
    equal(path, {"input": np.arange(100, 118).astype(dtype).reshape(1, 2, 3, 3)})


def test_a_border_between_two_codes_is_rounded_as_quantize_linear_does(tmp_path: Path) -> None:
    """2.5 steps become 2: halves to even."""
    m = ort.FloatModel(1, 2, 3, 3)
    border = m.constant(np.asarray(0.625, np.float32))
    m.node("Pad", m.pair("input", 0.25), m.constant(np.array([0, 0, 1, 0, 0, 0, 0, 2])), border)
    path = m.save(tmp_path / "m.onnx", m.pair(m.last, 0.25))
    equal(path, ort.feeds(path, 1)[0])


def test_written_out_layer_normalisation_with_axes_as_a_list_in_a_constant_node(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 8, opset=18)
    axes, two = "axes", m.constant(np.asarray(2, np.float32))
    m.nodes.append(helper.make_node("Constant", [], [axes], value_ints=[-1]))
    x = m.pair("input", SCALE)
    centred = m.node("Sub", x, m.node("ReduceMean", x, axes))
    variance = m.node("ReduceMean", m.node("Pow", centred, two), axes)
    root = m.node("Sqrt", m.node("Add", variance, m.constant(np.asarray(1e-5, np.float32))))
    m.pair(m.node("Div", centred, root), 0.02)
    model = ort.check(m.save(tmp_path / "m.onnx"))
    assert [type(layer.op) for layer in model.layers if not isinstance(layer.op, ops.Reshape)] == [
        ops.LayerNorm
    ]


@pytest.mark.parametrize("shape", [(5, 3), (4, 4)])
@pytest.mark.parametrize("turned", [0, 1])
def test_gemm_of_a_transposed_input(tmp_path: Path, shape: tuple[int, int], turned: int) -> None:
    m = ort.FloatModel(*shape)
    x = m.pair("input", SCALE)
    x = m.node("Transpose", x) if turned else x
    bias = m.constant(np.linspace(-1, 1, 6).astype(np.float32))
    cin = shape[1] if turned else shape[0]
    m.pair(m.node("Gemm", x, m.integers(cin, 6), bias, transA=1, alpha=0.5), 0.05)
    ort.check(m.save(tmp_path / "m.onnx"))


@pytest.mark.parametrize(("scale", "fits"), [(0.002, True), (0.0019, False)])
def test_the_logarithm_of_softmax_is_refused_where_its_table_is_coarser_than_the_output(
    tmp_path: Path, scale: float, fits: bool
) -> None:
    m = ort.FloatModel(1, 8)
    m.pair(m.node("LogSoftmax", m.pair("input", 0.01), axis=1), scale, 127)
    path = m.save(tmp_path / "m.onnx")
    if fits:
        ort.check(path)
    else:
        with pytest.raises(ModelError, match=r"log-softmax with output scale 0\.0019"):
            operators.load(path)


@pytest.mark.parametrize("op", ["PRelu", "Mul", "Add", "BatchNormalization"])
def test_a_constant_per_entry_of_any_axis_is_exact(tmp_path: Path, op: str) -> None:
    """Where the axis is not the last on the device, the map is transposed; no constant is rounded to eight bits."""
    m = ort.FloatModel(1, 3, 4, 5)
    x = m.node("Transpose", m.pair("input", SCALE), perm=[0, 2, 1, 3])
    values = m.constant(np.array([0.301, -1.7, 0.013, 2.9], np.float32).reshape(-1, *[1] * 2))
    if op == "BatchNormalization":
        flat = [m.constant(np.array([0.301, 1.7, 0.013, 2.9], np.float32)) for _ in range(4)]
        x = m.node(op, x, *flat)
    else:
        x = m.node(op, x, values)
    m.pair(x, 0.003)
    path = m.save(tmp_path / "m.onnx")
    for feed in ort.feeds(path, 2):
        assert max(ort.output_steps(path, feed).values()) <= 1.001


def test_means_over_axes_of_size_one(tmp_path: Path) -> None:
    m = ort.FloatModel(3, 1, 4)
    m.inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 4])]
    x = m.node("Reshape", m.pair("input", SCALE), m.constant(np.array([3, 1, 4])))
    m.pair(m.node("ReduceMean", x, axes=[1], keepdims=0), 0.04)
    path = m.save(tmp_path / "m.onnx")
    feed = {"input": np.linspace(-6, 6, 12).astype(np.float32).reshape(1, 3, 4)}
    assert max(ort.output_steps(path, feed).values()) <= 1.001


@pytest.mark.parametrize("included", [0, 1])
@pytest.mark.parametrize("pads", [[0, 0, 0, 0], [1, 0, 0, 1]])
def test_the_last_windows_of_ceil_mode_count_no_element_beyond_the_border(
    tmp_path: Path, included: int, pads: list[int]
) -> None:
    """PyTorch's default is count_include_pad, with or without pads."""
    m = ort.FloatModel(1, 2, 6, 6)
    form = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": pads, "ceil_mode": 1}
    m.pair(m.node("AveragePool", m.pair("input", SCALE, 3), count_include_pad=included, **form), 0.02)
    path = m.save(tmp_path / "m.onnx")
    assert max(ort.output_steps(path, ort.feeds(path, 1)[0]).values()) <= 1.001


@pytest.mark.parametrize(("factor", "fits"), [(0.5, True), (0.4, False)])
def test_a_linear_resize_is_not_rounded_more_coarsely_than_its_output(
    tmp_path: Path, factor: float, fits: bool
) -> None:
    m = ort.FloatModel(1, 2, 4, 4)
    scales = m.constant(np.array([1, 1, 2.5, 2.5], np.float32))
    x = m.node("Resize", m.pair("input", SCALE), "", scales, mode="linear")
    x = m.node("Slice", x, *(m.constant(np.array([v])) for v in (1, 9, 2)))
    m.pair(m.node("Relu", x), SCALE * factor)
    path = m.save(tmp_path / "m.onnx")
    if fits:
        assert max(ort.output_steps(path, ort.feeds(path, 1)[0]).values()) <= 1.001
    else:
        with pytest.raises(
            ModelError, match=r"Resize\): mixes values of scale 0.05 for an output of scale 0.02"
        ):
            operators.load(path)


@pytest.mark.parametrize("shape", [(1, 4, 3, 5, 1), (1, 4, 15), (4, 15), (1, 4, 1, 3, 5)])
def test_a_function_per_channel_of_a_map_that_changes_its_shape(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    m = ort.FloatModel(1, 4, 3, 5)
    slopes = m.constant(np.array([0.3, -0.7, 1.5, 0.1], np.float32).reshape(-1, 1, 1))
    x = m.node("PRelu", m.pair("input", SCALE), slopes)
    m.pair(m.node("Sigmoid", m.node("Reshape", x, m.constant(np.array(shape)))), 1 / 200, -128)
    path = m.save(tmp_path / "m.onnx")
    assert max(ort.output_steps(path, ort.feeds(path, 1)[0]).values()) <= 1.001


@pytest.mark.parametrize("op", ["Split", "Slice", "Concat"])
@pytest.mark.parametrize("axis", [1, 2])
def test_functions_that_are_cut_or_joined_are_rounded_once(tmp_path: Path, op: str, axis: int) -> None:
    m = ort.FloatModel(1, 4, 6, 5)
    divisors = m.constant(np.array([0.1, 0.7, 1.3, 0.3], np.float32).reshape(-1, 1, 1))
    x = m.node("Div", m.pair("input", SCALE, 3), divisors)
    match op:
        case "Split":
            x, other = m.node(op, x, outputs=2, axis=axis)
            m.pair(other, 0.02, -5)
        case "Slice":
            x = m.node(op, x, *(m.constant(np.array([v])) for v in (1, 9, axis, 2)))
        case _:
            x = m.node(op, x, m.node("Neg", x), axis=axis)
    last = m.pair(x, 0.01)
    path = m.save(tmp_path / "m.onnx", last)
    assert max(ort.output_steps(path, ort.feeds(path, 1)[0]).values()) <= 1.001


def test_a_bias_between_coarse_products_is_refused_where_that_costs_more_than_a_step(tmp_path: Path) -> None:
    """0.3 beside products of 1.0 becomes 0: three steps of 0.1, half a step of 0.6."""

    def model(step: float) -> Path:
        m = ort.FloatModel(1, 4)
        x, bias = m.pair("input", 1.0), m.constant(np.full(3, 0.3, np.float32))
        return m.save(tmp_path / "m.onnx", m.pair(m.node("Gemm", x, m.integers(4, 3, scale=1.0), bias), step))

    operators.load(model(0.6))
    with pytest.raises(
        ModelError, match=r"node 'Gemm_\d' \(Gemm\): .* bias, .* is 3 steps off; supported: at most 1"
    ):
        operators.load(model(0.1))


def test_a_layer_that_no_output_needs_is_not_read(tmp_path: Path) -> None:
    """Whatever is wrong with it: its bias, at the scale of products of 1e-14, does not fit int32."""
    m = ort.FloatModel(1, 4)
    x, bias = m.pair("input", 0.05), m.constant(np.full(3, 0.5, np.float32))
    m.pair(m.node("Gemm", x, m.integers(4, 3, scale=1e-12), bias), 0.05)
    m.node("Hardmax", x)
    path = m.save(tmp_path / "m.onnx", m.pair(m.node("Relu", x), 0.05))
    equal(path, ort.feeds(path, 1)[0])
    with pytest.raises(ModelError, match="Hardmax is not supported"):
        operators.load(m.save(tmp_path / "m.onnx", m.last, m.node("Hardmax", x)))


@pytest.mark.parametrize("op", ["Mul", "Div"])
@pytest.mark.parametrize("before", ["GlobalAveragePool", "Add"])
def test_a_factor_behind_an_operator_becomes_its_scale(tmp_path: Path, op: str, before: str) -> None:
    """AMD Quark's XINT8 puts such a Mul behind global pooling; it costs nothing."""
    m = ort.FloatModel(1, 4, 7, 7)
    x = m.pair("input", SCALE)
    y = m.node(
        before, *([x] if before == "GlobalAveragePool" else [x, m.node("Transpose", x, perm=[0, 1, 3, 2])])
    )
    m.pair(m.node("Relu", m.node(op, y, m.constant(np.asarray(1.03, np.float32)))), 0.04)
    model = ort.check(m.save(tmp_path / "m.onnx"))
    assert {layer.kind for layer in model.layers} <= {"avgpool", "add", "transpose", "reshape"}


@pytest.mark.parametrize("op", ["Add", "Sub"])
@pytest.mark.parametrize("first", [True, False], ids=["layer first", "tensor first"])
@pytest.mark.parametrize("relu", [True, False])
def test_a_sum_of_a_layer_that_is_not_quantised_and_a_tensor(
    tmp_path: Path, op: str, first: bool, relu: bool
) -> None:
    """NVIDIA's Model Optimizer quantises the inputs of convolutions only: a residual block's second one is float."""
    m = ort.FloatModel(1, 8, 6, 6)
    x = m.pair("input", 0.03, 0)
    layer = m.node(
        "Conv", x, m.integers(8, 8, 1, 1, scale=0.004), m.constant(np.linspace(-1, 1, 8, dtype=np.float32))
    )
    total = m.node(op, *((layer, x) if first else (x, layer)))
    m.pair(m.node("Relu", total) if relu else total, 0.03, -128 if relu else 0)
    model = ort.check(m.save(tmp_path / "m.onnx"))
    assert [layer.kind for layer in model.layers] == ["conv+add"]
    operators.save(model, tmp_path / "back.onnx")
    assert operators.load(tmp_path / "back.onnx").layers[0].op == model.layers[0].op


@pytest.mark.parametrize("op", ["Add", "Sub"])
@pytest.mark.parametrize("first", [True, False])
def test_a_sum_whose_scale_is_small_beside_its_inputs_is_computed_in_float(
    tmp_path: Path, op: str, first: bool
) -> None:
    """Codes of the layer that is not quantised would be more than three steps of the sum apart."""
    m = ort.FloatModel(1, 6, 8)
    x = m.pair("input", 0.03)
    layer = m.node("MatMul", x, m.integers(8, 8))
    m.pair(m.node("Relu", m.node(op, *((layer, x) if first else (x, layer)))), 0.01)
    model = ort.check(m.save(tmp_path / "m.onnx"))
    assert [layer.kind for layer in model.layers][-3:] == [f"float {op.lower()}", "float clip", "to int8"]


def test_inputs_are_in_the_order_of_the_file_whichever_is_read_first(tmp_path: Path) -> None:
    """Files are given to `nmcu run --input` in this order; ONNX Runtime's quantiser moves pairs to where it likes."""
    m = ort.FloatModel(1, 4)
    m.inputs += [helper.make_tensor_value_info("second", TensorProto.FLOAT, (1, 4))]
    second = m.pair("second", 0.5)
    m.pair(m.node("Sub", m.pair("input", 0.5), second), 0.5)
    model = ort.check(m.save(tmp_path / "m.onnx"))
    assert [info.name for info in model.border.model_inputs] == ["input", "second"]
    assert [encoder.inputs[0].name for encoder in model.border.encoders] == ["input", "second"]
