"""Sums of products as they are on every processor: ONNX Runtime 1.32.0 adds uint8 by int8 in pairs, in 16 bits that
saturate, where the processor has AVX2 and no VNNI. It multiplies uint8 by uint8 exactly."""

import numpy as np
import onnx
from onnx import numpy_helper

_PLACES = {
    "QLinearConv": (2, 3, 5),
    "QLinearMatMul": (2, 3, 5),
    "QGemm": (2, 3, 5),
    "ConvInteger": (2, 1, 3),
    "MatMulInteger": (2, 1, 3),
}
"""Where operators have the values' zero point, the weights, and the weights' zero point."""
_MIDDLE = 128


def unsigned(graph: onnx.GraphProto) -> None:
    """Gives operators on uint8 values that multiply them by constant int8 weights the same weights in uint8."""
    known = {each.name: each for each in graph.initializer}
    made: dict[str, onnx.TensorProto] = {}

    def raised(name: str) -> str:
        new = f"{name}\0uint8"
        values = numpy_helper.to_array(known[name]).astype(np.int16) + _MIDDLE
        made[new] = numpy_helper.from_array(values.astype(np.uint8), new)
        return new

    for node in graph.node:
        places = _PLACES.get(node.op_type)
        if places is None or len(node.input) <= max(places):
            continue
        types = [
            known[node.input[place]].data_type if node.input[place] in known else None for place in places
        ]
        if types == [onnx.TensorProto.UINT8, onnx.TensorProto.INT8, onnx.TensorProto.INT8]:
            for place in places[1:]:
                node.input[place] = raised(node.input[place])
    graph.initializer.extend(made.values())
