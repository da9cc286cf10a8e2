"""Which regions are functions of each value, and what a slice of one is."""

import numpy as np
import onnx
import pytest
from onnx import helper

from iree_models import model
from nmcu.iree.slices import slice_of

ONE, MANY = np.full((1, 1), 2, np.float32), np.arange(32, dtype=np.float32)


def _product(factor: np.ndarray, op: str = "Mul", shape: tuple[int, ...] = (4, 32)) -> bytes:
    return model([helper.make_node(op, ["x", "c"], ["y"])], {"x": shape}, {"y": shape}, {"c": factor})


def test_a_slice_has_its_share_of_the_values_in_as_many_axes() -> None:
    made = slice_of(_product(ONE), 8)
    assert made is not None
    graph = onnx.load_model_from_string(made).graph
    for port in (*graph.input, *graph.output):
        assert [d.dim_value for d in port.type.tensor_type.shape.dim] == [1, 16]


@pytest.mark.parametrize(
    ("region", "parts"),
    [
        (_product(MANY), 8),
        (_product(np.ones((32, 32), np.float32), "MatMul"), 8),
        (_product(ONE, shape=(3, 10)), 8),
        (_product(ONE), 1),
    ],
    ids=["a constant for each channel", "a sum", "values that do not divide", "one core"],
)
def test_what_is_not_cut(region: bytes, parts: int) -> None:
    assert slice_of(region, parts) is None
