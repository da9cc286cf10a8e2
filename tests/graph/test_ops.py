"""Operators as nodes, and the references against plain definitions."""

import dataclasses
from itertools import product
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nmcu import graph
from nmcu.errors import ModelError
from nmcu.graph import Builder, TensorInfo, ops

X = TensorInfo("x", (1, 5, 6, 4), scale=0.05, zero_point=3)
Y = TensorInfo("y", (), scale=0.06, zero_point=-5)


def naive_conv(x: NDArray[np.int8], op: ops.Conv2d, constants: dict[str, NDArray[Any]]) -> NDArray[np.int8]:
    """Seven loops, in Python integers."""
    weight, (top, left, bottom, right) = constants["weight"], op.pads
    cout, kh, kw, cin = weight.shape
    height, width = x.shape[1], x.shape[2]
    oh = (height + top + bottom - op.dilations[0] * (kh - 1) - 1) // op.strides[0] + 1
    ow = (width + left + right - op.dilations[1] * (kw - 1) - 1) // op.strides[1] + 1
    y = np.empty((1, oh, ow, cout), np.int8)
    for r, q, c in product(range(oh), range(ow), range(cout)):
        acc, base = int(constants["bias"][c]), c // (cout // op.groups) * cin
        for i, j in product(range(kh), range(kw)):
            row = r * op.strides[0] - top + i * op.dilations[0]
            column = q * op.strides[1] - left + j * op.dilations[1]
            inside = 0 <= row < height and 0 <= column < width
            for k in range(cin):
                value = int(x[0, row, column, base + k]) if inside else op.input_zero_point
                acc += value * int(weight[c, i, j, k])
        m, s = int(constants["multiplier"][c]), int(constants["shift"][c])
        y[0, r, q, c] = max(op.lo, min(op.hi, ((acc * m + (1 << (s - 1))) >> s) + op.zero_point))
    return y


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(
    "geometry",
    [
        {},
        {"pads": (1, 1, 1, 1)},
        {"strides": (2, 1), "pads": (0, 2, 1, 0)},
        {"dilations": (1, 2), "pads": (3, 3, 3, 3)},
    ],
)
def test_convolution_is_seven_loops(groups: int, geometry: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    weight = rng.integers(-128, 128, (6, 3, 2, 4 // groups)).astype(np.int8)
    scales, bias = rng.uniform(0.001, 0.01, 6), rng.integers(-500, 500, 6)
    op, constants = ops.Conv2d.build(
        "c", X, Y, weight, scales, bias, groups=groups, lo=-100, hi=90, **geometry
    )
    x = rng.integers(-128, 128, X.shape).astype(np.int8)
    np.testing.assert_array_equal(op.reference([x], constants)[0], naive_conv(x, op, constants))


def test_depthwise_is_a_grouped_convolution() -> None:
    rng = np.random.default_rng(0)
    weight, scales = rng.integers(-128, 128, (3, 3, 4)).astype(np.int8), rng.uniform(0.001, 0.01, 4)
    depthwise, a = ops.Depthwise.build("d", X, Y, weight, scales, None, strides=(2, 2), pads=(1, 0, 1, 2))
    grouped = weight.transpose(2, 0, 1)[..., np.newaxis]
    conv, b = ops.Conv2d.build("c", X, Y, grouped, scales, None, strides=(2, 2), pads=(1, 0, 1, 2), groups=4)
    x = rng.integers(-128, 128, X.shape).astype(np.int8)
    np.testing.assert_array_equal(depthwise.reference([x], a)[0], conv.reference([x], b)[0])


def test_large_accumulators_stay_exact() -> None:
    x, y = TensorInfo("x", (1, 60000), scale=0.1, zero_point=0), TensorInfo("y", (), scale=0.1, zero_point=0)
    weight = np.full((1, 60000), 127, np.int8)
    op, constants = ops.Linear.build("l", x, y, weight, np.array([1e-6]), None)
    data = np.full((1, 60000), 127, np.int8)
    data[0, 0] = 126
    acc = 127 * (127 * 59999 + 126)
    m, s = int(constants["multiplier"][0]), int(constants["shift"][0])
    assert op.reference([data], constants)[0][0, 0] == min(127, (acc * m + (1 << (s - 1))) >> s)


@given(
    scales=st.tuples(*[st.floats(0.001, 0.5)] * 3),
    zeros=st.tuples(*[st.integers(-128, 127)] * 3),
    sign=st.sampled_from([1, -1]),
)
def test_add_needs_only_int32_and_is_within_one_lsb(
    scales: tuple[float, float, float], zeros: tuple[int, int, int], sign: int
) -> None:
    a, b, y = (
        TensorInfo(n, (256,), scale=s, zero_point=z) for n, s, z in zip("aby", scales, zeros, strict=True)
    )
    op, _ = ops.Add.build("add", a, b, y, sign=sign)
    corners = np.array([-128, -127, -1, 0, 1, 126, 127, *range(-120, 121, 17)], np.int64)
    p, q = (v.reshape(-1) for v in np.meshgrid(corners, corners))
    products = p * op.multiplier_a, q * op.multiplier_b
    total = products[0] + products[1] + op.rounding_constant
    for values in (*products, products[0] + products[1], total):
        assert np.abs(values.astype(np.float64) + 0.5).max() < 2**31
    result = op.reference([p.astype(np.int8), q.astype(np.int8)], {})[0].astype(np.int64)
    np.testing.assert_array_equal(result, np.clip(total >> op.shift, -128, 127))
    exact = ((p - zeros[0]) * scales[0] + sign * (q - zeros[1]) * scales[1]) / scales[2] + zeros[2]
    assert np.abs(result - np.clip(exact, -128, 127)).max() < 1


@given(
    rows=st.integers(1, 3),
    count=st.sampled_from([1, 2, 10, 100, 1000]),
    scale=st.floats(0.001, 0.5),
    spread=st.integers(1, 255),
    seed=st.integers(0, 1000),
)
def test_softmax_is_within_one_lsb_of_float(
    rows: int, count: int, scale: float, spread: int, seed: int
) -> None:
    x = TensorInfo("x", (rows, count), scale=scale, zero_point=0)
    y = TensorInfo("y", (), scale=1 / 256, zero_point=-128)
    op, constants = ops.Softmax.build("s", x, y)
    data = (np.random.default_rng(seed).integers(0, spread + 1, (rows, count)) - 128).astype(np.int8)
    real = np.exp((data - data.max(axis=1, keepdims=True).astype(np.float64)) * scale)
    wanted = np.clip(real / real.sum(axis=1, keepdims=True) * 256 - 128, -128, 127)
    assert np.abs(op.reference([data], constants)[0] - wanted).max() <= 1


@given(count=st.sampled_from([1, 2, 10, 100, 1000]), scale=st.floats(0.001, 0.3), seed=st.integers(0, 1000))
def test_log_softmax_is_within_one_lsb_of_float(count: int, scale: float, seed: int) -> None:
    x = TensorInfo("x", (2, count), scale=scale, zero_point=0)
    y = TensorInfo("y", (), scale=0.0625, zero_point=127)
    op, constants = ops.LogSoftmax.build("s", x, y)
    data = np.random.default_rng(seed).integers(-128, 128, (2, count)).astype(np.int8)
    real = (data - data.max(axis=1, keepdims=True).astype(np.float64)) * scale
    wanted = (real - np.log(np.exp(real).sum(axis=1, keepdims=True))) / 0.0625 + 127
    assert np.abs(op.reference([data], constants)[0] - np.clip(wanted, -128, 127)).max() <= 1


def test_average_pool_classes_cover_the_borders() -> None:
    x = TensorInfo("x", (1, 5, 5, 2), scale=0.1, zero_point=7)
    op, constants = ops.AveragePool.build("p", x, x, kernel=(3, 3), strides=(2, 2), pads=(1, 1, 1, 1))
    assert constants["counts"].tolist() == [4, 6, 9]
    constant = np.full(x.shape, 55, np.int8)
    assert (op.reference([constant], constants)[0] == 55).all()


def test_every_operator_round_trips_through_a_node() -> None:
    for name, cls in ops.REGISTRY.items():
        op = cls(**{f.name: _example(f.type) for f in dataclasses.fields(cls)})
        node = graph.layer.ir.Node("nmcu", name, [], op.attributes(), num_outputs=1, name="n")
        assert cls.from_node(node) == op
        assert op.kind
        assert cls.SUMMARY


def _example(kind: Any) -> Any:
    plain = {
        int: 3,
        bool: True,
        float: 0.5,
        str: "relu",
        tuple[int, ...]: (1, 2),
        tuple[float, ...]: (0.5, 0.25),
    }
    return plain[kind] if kind in plain else get_args(kind)[0]


def small() -> graph.Graph:
    b = Builder()
    model = TensorInfo("in", (1, 4, 5, 6), "float32")
    x = b.input(model, TensorInfo("x", (1, 5, 6, 4), scale=0.05, zero_point=3), (0, 2, 3, 1))
    op = ops.MaxPool(kernel=(2, 2), strides=(1, 1), pads=(0, 0, 0, 0))
    (y,) = b.add("pool", op, [x], [TensorInfo("y", (), scale=0.05, zero_point=3)])
    b.add("unused", op, [y], [TensorInfo("z", (), scale=0.05, zero_point=3)])
    b.output(y, TensorInfo("out", (1, 4, 4, 5), "float32"), (0, 3, 1, 2), y.shape)
    return b.finish({"nmcu.mean": "0.5"})


def test_border_goes_between_the_models_layout_and_the_devices() -> None:
    model = small()
    graph.check(model)
    edge = model.border
    image = np.random.default_rng(0).uniform(-6, 6, (1, 4, 5, 6)).astype(np.float32)
    (device,) = edge.encode({"in": image}).values()
    np.testing.assert_array_equal(
        device, np.clip(np.rint(image / np.float32(0.05)) + 3, -128, 127).transpose(0, 2, 3, 1)
    )
    out = graph.reference.run_model(model, {"in": image})["out"]
    assert out.shape == (1, 4, 4, 5)
    assert [layer.name for layer in model.layers] == ["pool"], "a node nobody needs is left out"


def test_border_refuses_other_shapes_and_types() -> None:
    edge = small().border
    for wrong in ({}, {"in": np.zeros((1, 5, 6, 4), np.float32)}, {"in": np.zeros((1, 4, 5, 6))}):
        with pytest.raises(ModelError, match="float32 of shape"):
            edge.encode(wrong)


def test_border_refuses_nan_and_saturates_infinity() -> None:
    edge = small().border
    image = np.zeros((1, 4, 5, 6), np.float32)
    image[0, 0, 0, :2] = np.inf, -np.inf
    (device,) = edge.encode({"in": image}).values()
    assert (device[0, 0, 0, 0], device[0, 0, 1, 0]) == (127, -128)
    image[0, 1, 2, 3] = np.nan
    with pytest.raises(ModelError, match="input 'in' has 1 NaN among its values"):
        edge.encode({"in": image})


def test_random_inputs_are_seeded_and_use_the_whole_range() -> None:
    model = small()
    a, b = graph.random_inputs(model, 1), graph.random_inputs(model, 1)
    np.testing.assert_array_equal(a["in"], b["in"])
    (device,) = model.border.encode(a).values()
    assert device.min() < -100
    assert device.max() > 100


def test_check_finds_what_later_rooms_rely_on() -> None:
    model = small()
    node = next(n for n in model.model.graph if n.op_type == "MaxPool")
    node.outputs[0].shape = graph.layer.ir.Shape((1, 9, 9, 4))
    with pytest.raises(ModelError, match="shape rule"):
        graph.check(model)
    model = small()
    node = next(n for n in model.model.graph if n.op_type == "MaxPool")
    del node.attributes["pads"]
    with pytest.raises(ModelError, match="attributes"):
        graph.check(model)


def test_a_graph_survives_saving_as_an_onnx_file(tmp_path: Any) -> None:
    model = small()
    graph.layer.ir.save(model.model, tmp_path / "graph.onnx")
    again = graph.Graph(graph.layer.ir.load(tmp_path / "graph.onnx"))
    graph.check(again)
    assert [layer.op for layer in again.layers] == [layer.op for layer in model.layers]
    assert again.inputs == model.inputs


def test_layers_are_made_once() -> None:
    model = small()
    assert model.layers is model.layers
    assert model.layers[0] is model.nodes[1]
