"""A piece of a network that IREE runs, as a layer: its reference."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from nmcu.errors import ModelError
from nmcu.graph import Builder, TensorInfo, ops, reference
from nmcu.iree import Region

SHAPE = (1, 2, 8, 16)
SCALE, ZERO = 0.01, 3


def sine() -> bytes:
    """int8 to int8 through a float section with a sine."""
    ports = [helper.make_tensor_value_info(name, TensorProto.INT8, SHAPE) for name in "xy"]
    nodes = [
        helper.make_node("DequantizeLinear", ["x", "scale", "zero"], ["real"]),
        helper.make_node("Sin", ["real"], ["sine"]),
        helper.make_node("QuantizeLinear", ["sine", "scale", "zero"], ["y"]),
    ]
    constants = [numpy_helper.from_array(np.float32(SCALE), "scale")]
    constants.append(numpy_helper.from_array(np.int8(ZERO), "zero"))
    graph = helper.make_graph(nodes, "main", ports[:1], ports[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


def _add(b: Builder, op: ops.Foreign, model: bytes) -> TensorInfo:
    real = TensorInfo("x", SHAPE, "float32")
    x = b.input(real, TensorInfo("x.device", SHAPE, scale=SCALE, zero_point=ZERO), (0, 1, 2, 3))
    constants = {"model": np.frombuffer(model, np.uint8)}
    return b.add("piece", op, [x], [TensorInfo("y.device", (), scale=SCALE, zero_point=ZERO)], constants)[0]


@pytest.mark.usefixtures("iree")
def test_the_reference_is_irees_own_build_for_this_machine() -> None:
    b = Builder()
    y = _add(b, Region(dims=SHAPE, ranks=(4,)), sine())
    b.output(y, TensorInfo("y", SHAPE, "float32"), (0, 1, 2, 3), SHAPE)
    codes = np.arange(-128, 128, dtype=np.int8).reshape(SHAPE)
    found = reference.run(b.finish(), {"x.device": codes})["y.device"]
    sines = np.sin((codes.astype(np.float32) - ZERO) * np.float32(SCALE))
    expected = np.clip(np.rint(sines / np.float32(SCALE)) + ZERO, -128, 127).astype(np.int8)
    assert np.array_equal(found, expected)


def test_ranks_that_do_not_fit_the_dimensions_are_refused() -> None:
    with pytest.raises(ModelError, match=r"node 'piece': Region: ranks \(3,\) do not fit dimensions"):
        _add(Builder(), Region(dims=SHAPE, ranks=(3,)), b"")


def test_foreign_itself_names_no_compiler() -> None:
    with pytest.raises(ModelError, match="no compiler is named"):
        ops.Foreign(dims=SHAPE, ranks=(4,)).reference([], {})
