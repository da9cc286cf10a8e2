"""What the graph of an ONNX file may look like: any order of nodes, sparse constants."""

import random
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from frontend import ort
from nmcu import operators
from nmcu.errors import ModelError


@pytest.fixture
def proto(tmp_path: Path) -> onnx.ModelProto:
    """A quantised convolution whose weights are 1 of 5 input channels."""
    m = ort.FloatModel(1, 10, 4, 4)
    value = np.zeros((4, 10, 3, 3), np.int8)
    value[:, ::5] = m.rng.integers(-127, 128, value[:, ::5].shape)
    weight = m.node("DequantizeLinear", m.constant(value, "weight"), m.constant(np.asarray(0.01, np.float32)))
    m.pair(m.node("Conv", m.pair("input", 0.05), weight), 0.05)
    return onnx.load(m.save(tmp_path / "dense.onnx"))


def saved(proto: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(proto.SerializeToString())
    return path


@pytest.mark.parametrize("seed", range(3))
def test_nodes_may_stand_in_any_order(proto: onnx.ModelProto, tmp_path: Path, seed: int) -> None:
    """AMD Quark 0.13 writes the Mul it puts behind a global pooling last; ONNX Runtime sorts, too."""
    nodes = list(proto.graph.node)
    random.Random(seed).shuffle(nodes)
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
    ort.check(saved(proto, tmp_path / "m.onnx"))


def test_cycles_are_refused(proto: onnx.ModelProto, tmp_path: Path) -> None:
    conv = next(node for node in proto.graph.node if node.op_type == "Conv")
    proto.graph.node.append(helper.make_node("Relu", [conv.output[0]], ["back"], name="loop"))
    proto.graph.node[0].input[0] = "back"
    with pytest.raises(
        ModelError, match=r"reads what depends on its own result, through node .*: the graph is cyclic"
    ):
        operators.load(saved(proto, tmp_path / "m.onnx"))


def sparse(array: np.ndarray, name: str, flat: bool) -> onnx.SparseTensorProto:
    places = np.flatnonzero(array) if flat else np.argwhere(array)
    values = numpy_helper.from_array(array[array != 0], name)
    return helper.make_sparse_tensor(values, numpy_helper.from_array(places.astype(np.int64)), array.shape)


@pytest.mark.parametrize("flat", [True, False], ids=["places", "coordinates"])
@pytest.mark.parametrize("form", ["sparse_initializer", "sparse_value"])
def test_sparse_constants_are_the_dense_ones(
    proto: onnx.ModelProto, tmp_path: Path, flat: bool, form: str
) -> None:
    (weight,) = (tensor for tensor in proto.graph.initializer if tensor.name == "weight")
    made = sparse(numpy_helper.to_array(weight), "weight", flat)
    proto.graph.initializer.remove(weight)
    if form == "sparse_initializer":
        proto.graph.sparse_initializer.append(made)
    else:
        made.values.name = ""
        proto.graph.node.insert(0, helper.make_node("Constant", [], ["weight"], sparse_value=made))
    ours = operators.load(saved(proto, tmp_path / "m.onnx"))
    dense = operators.load(tmp_path / "dense.onnx")
    for a, b in zip(ours.layers, dense.layers, strict=True):
        assert a.op == b.op
        assert all(np.array_equal(value, b.constants[name]) for name, value in a.constants.items())


@pytest.mark.parametrize("damage", [[-1], [360], [2**62]])
def test_sparse_constants_outside_their_shape_are_refused(
    proto: onnx.ModelProto, tmp_path: Path, damage: list[int]
) -> None:
    (weight,) = (tensor for tensor in proto.graph.initializer if tensor.name == "weight")
    proto.graph.initializer.remove(weight)
    values, places = np.ones(1, np.int8), np.array(damage)
    made = helper.make_sparse_tensor(
        numpy_helper.from_array(values, "weight"), numpy_helper.from_array(places), (4, 10, 3, 3)
    )
    proto.graph.sparse_initializer.append(made)
    with pytest.raises(ModelError, match=r"sparse constant 'weight': 1 values .* do not fit its shape"):
        operators.load(saved(proto, tmp_path / "m.onnx"))
