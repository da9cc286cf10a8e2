"""An ONNX network read with every quantised tensor as an output: no result may depend on what that unfuses."""

import numpy as np
import onnx
from onnx import helper, shape_inference

from nmcu import operators
from nmcu.bench.differential.case import Case
from nmcu.bench.differential.outcome import Outcome, sentence
from nmcu.errors import ModelError
from nmcu.graph import Graph, reference


def same_as_whole(case: Case, graph: Graph) -> Outcome:
    """`outside` if an output of `graph`, read from `case`, is another then, for any of its feeds."""
    try:
        whole = operators.parse(with_all_outputs(case.data), "model.onnx")
    except ModelError as error:
        return Outcome("refused", key=f"with all tensors as outputs: {sentence(str(error))}", text=str(error))
    for feed in case.feeds:
        expected, found = reference.run_model(graph, feed), reference.run_model(whole, feed)
        for name, array in expected.items():
            if not np.array_equal(array, found[name], equal_nan=array.dtype.kind == "f"):
                text = f"output {name!r} is another with all tensors as outputs"
                return Outcome("outside", key="another network with all tensors as outputs", text=text)
    return Outcome("agrees")


def with_all_outputs(data: bytes) -> bytes:
    """The model with all its quantised integers among its outputs: what QuantizeLinear wrote, moved and clipped too."""
    model = onnx.load_from_string(data)
    own = {o.name for o in model.graph.output}
    constants = {i.name for i in model.graph.initializer}
    integers: set[str] = set()
    for node in model.graph.node:
        if node.op_type == "Constant":
            constants.update(node.output)
        elif (node.input[0] in integers and node.op_type != "DequantizeLinear") or (
            node.op_type == "QuantizeLinear" and node.input[0] not in constants
        ):
            integers.update(node.output)
    added = [helper.make_empty_tensor_value_info(name) for name in sorted(integers - own)]
    model.graph.output.extend(added)
    return bytes(shape_inference.infer_shapes(model).SerializeToString())
