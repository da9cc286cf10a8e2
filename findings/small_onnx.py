"""A small ONNX network, and ONNX Runtime's session of it with and without its optimisation."""

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper


def network(nodes, constants, x_shape, y_shape, opset=21):
    """From `x` to what the last node makes, both float32. `nodes`: (operator, names of inputs in one text, output)."""
    graph = helper.make_graph(
        [helper.make_node(kind, given.split(), [made]) for kind, given, made in nodes],
        "small",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, x_shape)],
        [helper.make_tensor_value_info(nodes[-1][2], onnx.TensorProto.FLOAT, y_shape)],
        [numpy_helper.from_array(np.array(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    return model


def session(model, optimised):
    """With the default optimisation, or with none."""
    level = onnxruntime.GraphOptimizationLevel
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimised else level.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
