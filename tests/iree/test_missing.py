"""Operators that IREE does not have, written with others."""

import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator

from iree_models import model
from nmcu.iree.missing import without_missing

X = np.array([[-3.5, -0.0, 0.25, 7e8]], np.float32)


def test_results_are_the_same() -> None:
    nodes = [helper.make_node("Softsign", ["x"], ["a"]), helper.make_node("Softsign", ["a"], ["y"])]
    plain = model(nodes, {"x": X.shape}, {"y": X.shape})
    made = without_missing(plain)
    assert "Softsign" not in [node.op_type for node in onnx.load_model_from_string(made).graph.node]
    found, wanted = (
        ReferenceEvaluator(onnx.load_model_from_string(m)).run(None, {"x": X})[0] for m in (made, plain)
    )
    assert found.dtype == np.float32
    assert np.array_equal(found, wanted)


def test_other_models_stay_as_they_are() -> None:
    plain = model([helper.make_node("Sinh", ["x"], ["y"])], {"x": X.shape}, {"y": X.shape})
    assert without_missing(plain) == plain
