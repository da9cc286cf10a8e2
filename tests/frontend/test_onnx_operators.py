"""Each ONNX operator of the supported list, quantised by ONNX Runtime, against ONNX Runtime."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import nmcu
from frontend import ort, round_trip
from isas import BUILT_IN
from nmcu import graph, host, plan, targets
from nmcu.codegen import emit
from nmcu.errors import ModelError
from nmcu.graph import Graph

Net = Callable[[ort.FloatModel], Any]


def qdq(path: Path) -> Path:
    """Put a QuantizeLinear and DequantizeLinear pair wherever the quantiser left a float tensor.

    ONNX Runtime's quantiser does not know every operator; the scales are those of standard normal data.
    """
    model = onnx.load(path)
    pairs = [n.input[0] for n in model.graph.node if n.op_type == "QuantizeLinear"]
    written = {o: n for n in model.graph.node for o in n.output}
    for output in model.graph.output:
        node = written[output.name]
        if node.op_type in ("DequantizeLinear", "ArgMax") or output.name in pairs:
            continue
        inner = f"{output.name}_float"
        node.output[list(node.output).index(output.name)] = inner
        for name, value in ((f"{inner}_s", np.float32(0.05)), (f"{inner}_z", np.int8(3))):
            model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(value), name))
        quant = [f"{inner}_s", f"{inner}_z"]
        model.graph.node.append(helper.make_node("QuantizeLinear", [inner, *quant], [f"{inner}_q"]))
        model.graph.node.append(helper.make_node("DequantizeLinear", [f"{inner}_q", *quant], [output.name]))
    onnx.save(model, path)
    return path


def checked(tmp_path: Path, m: ort.FloatModel, *outputs: str, **options: Any) -> Graph:
    model = ort.check(qdq(ort.quantise(m.save(tmp_path / "m.onnx", *outputs), **options)))
    round_trip.check(model, tmp_path / "again.onnx")
    return model


def kinds(model: Graph) -> list[str]:
    return [layer.kind for layer in model.layers]


ELEMENTWISE = {
    "Sigmoid": {},
    "Tanh": {},
    "HardSigmoid": {},
    "HardSwish": {},
    "LeakyRelu": {"alpha": 0.2},
    "Elu": {},
    "Selu": {},
    "Celu": {"alpha": 0.7},
    "Softplus": {},
    "Softsign": {},
    "Erf": {},
    "Mish": {},
    "Exp": {},
    "Abs": {},
    "Neg": {},
    "ThresholdedRelu": {"alpha": 0.4},
}


@pytest.mark.parametrize("op", ELEMENTWISE)
def test_table_functions(tmp_path: Path, op: str) -> None:
    m = ort.FloatModel(1, 4, 5, 6, opset=18)
    m.node(op, m.conv("input", 4, 8), **ELEMENTWISE[op])
    model = checked(tmp_path, m)
    assert kinds(model) == ["conv", op.lower()]


def _hardswish(m: ort.FloatModel, x: str) -> str:
    six = m.constant(np.float32(6))
    clipped = m.node("Clip", m.node("Add", x, m.constant(np.float32(3))), m.constant(np.float32(0)), six)
    return str(m.node("Mul", x, m.node("Div", clipped, six)))


def _gelu(m: ort.FloatModel, x: str) -> str:
    erf = m.node("Erf", m.node("Div", x, m.constant(np.float32(np.sqrt(2)))))
    half = m.node("Mul", m.node("Add", erf, m.constant(np.float32(1))), m.constant(np.float32(0.5)))
    return str(m.node("Mul", x, half))


def _silu(m: ort.FloatModel, x: str) -> str:
    return str(m.node("Mul", x, m.node("Sigmoid", x)))


def _softplus(m: ort.FloatModel, x: str) -> str:
    """As PyTorch writes it: linear above a threshold."""
    bend = m.node("Softplus", x)
    return str(m.node("Where", m.node("Greater", x, m.constant(np.float32(1.5))), x, bend))


@pytest.mark.parametrize(
    ("build", "kind"), [(_softplus, "table"), (_silu, "silu"), (_hardswish, "hardswish"), (_gelu, "table")]
)
def test_float_chain_between_dequantise_and_quantise_is_one_table(
    tmp_path: Path, build: Callable[[ort.FloatModel, str], str], kind: str
) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    build(m, m.conv("input", 4, 8))
    model = checked(tmp_path, m, op_types_to_quantize=["Conv"])
    assert kinds(model) in (["conv", kind], ["conv", "gelu"])


def test_prelu_has_a_table_per_channel(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    m.node(
        "PRelu",
        m.conv("input", 4, 8),
        m.constant(np.linspace(-0.5, 0.9, 8, dtype=np.float32).reshape(8, 1, 1)),
    )
    assert kinds(checked(tmp_path, m, op_types_to_quantize=["Conv"])) == ["conv", "prelu"]


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Min", "Max"])
@pytest.mark.parametrize("other", ["same", "channel", "scalar"])
def test_binary(tmp_path: Path, op: str, other: str) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    a = m.conv("input", 4, 8)
    b = {
        "same": lambda: m.conv("input", 4, 8),
        "channel": lambda: m.node("GlobalAveragePool", m.conv("input", 4, 8)),
        "scalar": lambda: m.constant(np.float32(0.7)),
    }[other]()
    m.node(op, a, b)
    checked(tmp_path, m)


def test_product_with_a_full_constant(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    table = m.constant(np.random.default_rng(0).standard_normal((1, 8, 5, 6)).astype(np.float32))
    m.node("Mul", m.conv("input", 4, 8), table)
    assert kinds(checked(tmp_path, m)) == ["conv", "constant", "mul"]


def test_concat_split_and_slice(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 8, 6)
    a, b = m.conv("input", 4, 6), m.node("Relu", m.conv("input", 4, 3))
    c = m.node("Concat", a, b, axis=1)
    d, e = m.node("Split", c, m.constant(np.array([4, 5])), outputs=2, axis=1)
    ends = m.constant(np.array([7, 2**62]))
    s = m.node(
        "Slice",
        d,
        m.constant(np.array([1, -5])),
        ends,
        m.constant(np.array([2, 3])),
        m.constant(np.array([2, 1])),
    )
    t = m.node("Concat", e, e, axis=2)
    model = checked(tmp_path, m, s, t)
    assert {"concat", "slice"} <= set(kinds(model))


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
        {"mode": "nearest"},
        {"mode": "nearest", "coordinate_transformation_mode": "align_corners", "nearest_mode": "ceil"},
        {"mode": "linear"},
        {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
        {"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"},
        {"mode": "linear", "coordinate_transformation_mode": "asymmetric"},
    ],
)
@pytest.mark.parametrize("scale", [2.0, 0.6, 1.7])
def test_resize(tmp_path: Path, options: dict[str, Any], scale: float) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    m.node(
        "Resize", m.conv("input", 4, 8), "", m.constant(np.array([1, 1, scale, scale], np.float32)), **options
    )
    if scale == 2.0:
        assert kinds(checked(tmp_path, m))[1] == "resize"
        return
    model = ort.check(qdq(ort.quantise(m.save(tmp_path / "m.onnx"))))
    assert kinds(model)[1] == "resize"
    try:
        round_trip.check(model, tmp_path / "again.onnx")
    except ModelError as error:
        assert "Resize_1" in str(error) and "scale" in str(error)


@pytest.mark.parametrize(
    "options",
    [
        {"strides": [2, 2]},
        {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]},
        {"strides": [1, 3], "pads": [0, 1, 1, 0]},
        {"group": 2, "strides": [2, 1]},
    ],
)
def test_transposed_convolution(tmp_path: Path, options: dict[str, Any]) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    group = options.get("group", 1)
    w, bias = m.weight(4, 6 // group, 3, 3), m.constant(np.linspace(-1, 1, 6, dtype=np.float32))
    m.node("ConvTranspose", "input", w, bias, kernel_shape=[3, 3], **options)
    checked(tmp_path, m, per_channel=False)


@pytest.mark.parametrize("axes", [[1], [2], [3], [2, 3], [1, 3], [1, 2, 3]])
@pytest.mark.parametrize("keepdims", [0, 1])
def test_mean_over_any_axes(tmp_path: Path, axes: list[int], keepdims: int) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    m.node("ReduceMean", m.conv("input", 4, 8), axes=axes, keepdims=keepdims)
    checked(tmp_path, m)


@pytest.mark.parametrize("op", ["Softmax", "LogSoftmax"])
@pytest.mark.parametrize("shape", [(1, 10), (1, 6, 33), (1, 5, 4, 7)])
@pytest.mark.parametrize("axis", [-1, 1])
def test_softmax(tmp_path: Path, op: str, shape: tuple[int, ...], axis: int) -> None:
    m = ort.FloatModel(*shape)
    m.node(op, m.node("Mul", "input", m.constant(np.float32(3))), axis=axis)
    checked(tmp_path, m)


@pytest.mark.parametrize("keepdims", [0, 1])
def test_arg_max_is_a_model_output(tmp_path: Path, keepdims: int) -> None:
    """Of more classes than an int8 can name."""
    m = ort.FloatModel(1, 4, 5, 6)
    a = m.conv("input", 4, 300)
    m.node("ArgMax", a, axis=1, keepdims=keepdims)
    path = m.save(tmp_path / "m.onnx")
    proto = onnx.load(path)
    proto.graph.output[0].CopyFrom(helper.make_tensor_value_info(m.last, TensorProto.INT64, None))
    onnx.save(proto, path)
    quantised = ort.quantise(path)
    model = ort.check(quantised)
    feed = ort.feeds(quantised, 1)[0]
    ours, theirs = graph.reference.run_model(model, feed)[m.last], ort.tensors(quantised, feed)[m.last]
    assert ours.dtype == np.int64 and ours.max() > 127
    assert (ours == theirs).mean() > 0.95
    report = nmcu.run(quantised, {"input": feed["input"]})
    assert report.bit_exact
    np.testing.assert_array_equal(report.outputs[m.last], ours)
    program = emit(plan.make(model, targets.get("cluster8"), host.ISA, BUILT_IN))
    found = host.HostProgram(program, host.build(program)).run(model.border.encode(feed))
    np.testing.assert_array_equal(model.border.decode(found)[m.last], ours)


def test_reshape_transpose_chain_like_an_attention_block(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 6, 6)
    x = m.conv("input", 4, 8)
    t = m.node("Transpose", m.node("Reshape", x, m.constant(np.array([0, 8, -1]))), perm=[0, 2, 1])
    y = m.node("MatMul", t, m.weight(8, 12))
    back = m.node("Reshape", m.node("Transpose", y, perm=[0, 2, 1]), m.constant(np.array([1, 12, 6, 6])))
    m.conv(back, 12, 3)
    model = checked(tmp_path, m)
    assert set(kinds(model)) == {"conv", "reshape", "linear"}, "nothing moves"


def test_pixel_shuffle_moves_data_and_is_right(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 3, 5)
    x = m.node("Reshape", m.conv("input", 4, 8), m.constant(np.array([1, 2, 2, 2, 3, 5])))
    x = m.node(
        "Reshape", m.node("Transpose", x, perm=[0, 1, 4, 2, 5, 3]), m.constant(np.array([1, 2, 6, 10]))
    )
    m.conv(x, 2, 3)
    assert "transpose" in kinds(checked(tmp_path, m))


@pytest.mark.parametrize("start", [0, 2])
def test_range_of_indices_in_another_shape(tmp_path: Path, start: int) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    flat = m.node("Reshape", m.node("GlobalAveragePool", m.conv("input", 4, 8)), m.constant(np.array([-1])))
    m.node("Gather", flat, m.constant(np.arange(start, 8).reshape(1, -1, 1, 1)), axis=0)
    model = checked(tmp_path, m)
    assert ("slice" in kinds(model)) == (start > 0), "all in order is a change of shape"


def test_several_inputs_and_outputs(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    m.inputs.append(helper.make_tensor_value_info("second", TensorProto.FLOAT, (1, 4, 5, 6)))
    a, b = m.conv("input", 4, 8), m.conv("second", 4, 8)
    s = m.node("Add", a, b)
    g = m.node("Sigmoid", b)
    model = checked(tmp_path, m, s, g)
    assert [i.name for i in model.border.model_inputs] == ["input", "second"]
    assert [o.name for o in model.border.model_outputs] == [s, g]


def test_one_tensor_as_two_outputs_and_an_output_in_the_middle(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    a = m.node("Relu", m.conv("input", 4, 8))
    b = m.node("MaxPool", a, kernel_shape=[2, 2])
    checked(tmp_path, m, a, b, m.conv(b, 8, 2))


def test_squeeze_excite(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    a = m.node("Relu", m.conv("input", 4, 8))
    s = m.conv(m.node("GlobalAveragePool", a), 8, 2, kernel=1)
    e = m.node("HardSigmoid", m.conv(m.node("Relu", s), 2, 8, kernel=1))
    m.node("Mul", a, e)
    checked(tmp_path, m)


def test_batch_normalisation_is_folded_into_the_convolution(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    m = ort.FloatModel(1, 4, 5, 6)
    gamma = m.constant(rng.uniform(-1.5, 1.5, 8).astype(np.float32))
    rest = [m.constant(rng.uniform(0.5, 1.5, 8).astype(np.float32)) for _ in range(3)]
    m.node("Relu", m.node("BatchNormalization", m.conv("input", 4, 8), gamma, *rest))
    path = ort.quantise(m.save(tmp_path / "m.onnx"), op_types_to_quantize=["Conv"])
    qdq(path)
    _drop_pair_after(path, "Conv")
    assert kinds(ort.check(path)) == ["conv"]


@pytest.mark.parametrize("alpha", [0.5, -2.0, 0.0])
@pytest.mark.parametrize("beta", [1.0, 3.0, 0.0])
def test_gemm_scales_product_and_bias(tmp_path: Path, alpha: float, beta: float) -> None:
    m = ort.FloatModel(1, 24)
    m.node("Gemm", "input", m.weight(24, 16), m.weight(16), alpha=alpha, beta=beta)
    checked(tmp_path, m)


@pytest.mark.parametrize("shape", [(), (1,), (6,), (1, 6), (1, 1), (6, 1), (6, 6)])
@pytest.mark.parametrize("beta", [1.0, -0.5])
def test_gemm_broadcasts_its_addend(tmp_path: Path, shape: tuple[int, ...], beta: float) -> None:
    """As many rows as output channels: (6, 1) is a number for each row, not for each channel."""
    m = ort.FloatModel(6, 10)
    m.node("Gemm", "input", m.weight(10, 6), beta=beta)
    path = qdq(ort.quantise(m.save(tmp_path / "m.onnx")))
    _addend(path, m.rng.standard_normal(shape).astype(np.float32) * np.float32(0.5))
    model = ort.check(path)
    round_trip.check(model, tmp_path / "again.onnx")
    rows = len(shape) == 2 and shape[0] > 1
    assert kinds(model) == (["slice", "linear"] * 6 + ["concat"] if rows else ["linear"])


@pytest.mark.parametrize("shape", [(3,), (3, 1), (1, 1, 6), (6, 3)])
def test_gemm_with_an_addend_that_does_not_fit_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    m = ort.FloatModel(6, 10)
    m.node("Gemm", "input", m.weight(10, 6))
    path = qdq(ort.quantise(m.save(tmp_path / "m.onnx")))
    _addend(path, np.zeros(shape, np.float32))
    with pytest.raises(ModelError, match=re.escape(f"C has shape {shape}")):
        nmcu.load(path)


def _addend(path: Path, c: Any) -> None:
    """Give the only Gemm a C: ONNX Runtime's quantiser takes none but (N,)."""
    model = onnx.load(path)
    node = next(n for n in model.graph.node if n.op_type == "Gemm")
    node.input.append("C")
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(c), "C"))
    onnx.save(model, path)


@pytest.mark.parametrize("axes", [[2, 3], [3, 2], [-1, -2], [-2, 3], [3]])
def test_pad_gives_its_pads_in_the_order_of_its_axes(tmp_path: Path, axes: list[int]) -> None:
    m = ort.FloatModel(1, 4, 5, 6, opset=18)
    pads = m.constant(np.arange(1, 2 * len(axes) + 1))
    m.node("Pad", m.conv("input", 4, 8), pads, "", m.constant(np.array(axes)))
    checked(tmp_path, m)


def test_pad_with_an_axis_twice_is_refused(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 5, 6, opset=18)
    y = m.conv("input", 4, 8)
    path = ort.quantise(m.save(tmp_path / "m.onnx"))
    proto = onnx.load(path)
    m.node("Pad", y, m.constant(np.array([1, 2, 3, 4]), "pads"), "", m.constant(np.array([2, -2]), "axes"))
    proto.graph.node.append(m.nodes[-1])
    proto.graph.node[-1].input[0] = proto.graph.output[0].name
    proto.graph.initializer.extend(m.initializers[-2:])
    proto.graph.output[0].name = m.last
    onnx.save(proto, path)
    with pytest.raises(ModelError, match=r"Pad_1.*twice"):
        nmcu.load(path)


def test_axes_from_the_end(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 5, 6, opset=18)
    x = m.conv("input", 4, 8)
    mean = m.node("ReduceMean", x, m.constant(np.array([-1, 2])))
    all_of_it = m.node("ReduceMean", x, keepdims=0)
    same = m.node("ReduceMean", x, noop_with_empty_axes=1)
    narrow = m.node("Squeeze", mean, m.constant(np.array([-1, -2])))
    wide = m.node("Unsqueeze", narrow, m.constant(np.array([-1, 1])))
    checked(tmp_path, m, all_of_it, same, m.node("Relu", wide))


def test_matmul_with_a_bias_on_tokens(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 6, 12)
    y = m.node("MatMul", "input", m.weight(12, 20))
    m.node("Add", y, m.constant(np.linspace(-1, 1, 20, dtype=np.float32)))
    path = qdq(ort.quantise(m.save(tmp_path / "m.onnx"), op_types_to_quantize=["MatMul"]))
    _drop_pair_after(path, "MatMul")
    assert kinds(ort.check(path)) == ["linear"]


def _drop_pair_after(path: Path, op: str) -> None:
    """Remove the QuantizeLinear and DequantizeLinear pair behind a node."""
    model = onnx.load(path)
    nodes = {n.input[0]: n for n in model.graph.node if n.op_type in ("QuantizeLinear", "DequantizeLinear")}
    for node in list(model.graph.node):
        if node.op_type == op:
            quantize = nodes[node.output[0]]
            dequantize = nodes[quantize.output[0]]
            model.graph.node.remove(quantize)
            model.graph.node.remove(dequantize)
            node.output[0] = dequantize.output[0]
    onnx.save(model, path)


def test_padding_and_clamps_are_folded_into_the_convolution(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 4, 5, 6)
    p = m.node("Pad", m.conv("input", 4, 8), m.constant(np.array([0, 0, 1, 2, 0, 0, 0, 1])))
    c = m.conv(p, 8, 8, pads=[0, 0, 0, 0])
    m.node("Clip", c, m.constant(np.float32(-0.3)), m.constant(np.float32(0.4)))
    model = checked(tmp_path, m, op_types_to_quantize=["Conv", "Pad"])
    assert kinds(model)[:2] == ["conv", "conv"]
    assert "pad" not in kinds(model)
    second = model.layers[1].op
    assert isinstance(second, graph.ops.Conv2d)
    assert second.pads == (1, 2, 0, 1)
