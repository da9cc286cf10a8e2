"""Layers' names in the width of a table."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmcu.report.names import labels

MOBILENET = [
    f"MobilenetEdgeTPU/expanded_conv_{n}/{part}"
    for n, part in product(
        range(22), ("expand/Relu", "depthwise/Relu", "project/BatchNorm/FusedBatchNormV3", "add")
    )
]
TRANSFORMER = [
    f"/model/encoder/layer.{n}/{part}"
    for n, part in product(
        range(12),
        (
            *(f"attention/attention/{head}/MatMul" for head in ("query", "key", "value")),
            "attention/output/dense/MatMul",
            "intermediate/dense/MatMul",
            "intermediate/intermediate_act_fn/Mul_1",
            "output/dense/MatMul",
            "layernorm_before/Add_1",
            "layernorm_after/Add_1",
        ),
    )
]


@pytest.mark.parametrize("names", [MOBILENET, TRANSFORMER])
@pytest.mark.parametrize("width", [20, 24, 40, 60])
def test_real_names_fit_and_stay_different(names: list[str], width: int) -> None:
    short = labels(names, width)
    assert all(len(text) <= width for text in short.texts)
    assert len(set(short.texts)) == len(names)
    for name, text in zip(names, short.texts, strict=True):
        head, tail = text.split("…")[0], text.split("…")[-1]
        assert name.removeprefix(short.start).startswith(head) and name.endswith(tail)
        assert len(head) >= 3 and len(tail) >= 3


def test_names_that_fit_are_left_alone() -> None:
    assert labels(["stem.conv", "stem.conv", ""], 20) == labels(["stem.conv", "stem.conv", ""], 9)
    assert labels(["stem.conv"], 9).texts == ("stem.conv",)


def test_the_usual_start_is_named_and_left_out() -> None:
    names = [f"EfficientNetV2/stage{n}.mbconv1.dp.act/Relu6" for n in range(9)]
    short = labels([*names, "StatefulPartitionedCall:0"], 30)
    assert short.start == "EfficientNetV2/"
    assert short.texts[0] == "stage0.mbconv1.dp.act/Relu6" and short.texts[-1] == "StatefulPartitionedCall:0"


def test_of_fused_names_the_first_is_shown_where_it_is_no_other_layers() -> None:
    assert labels(["a/Relu;a/BiasAdd;a/Conv2D", "b/Relu;b/Conv2D"], 20).texts == ("a/Relu", "b/Relu")
    assert labels(["a;b", "a;c"], 20).texts == ("a;b", "a;c")


@given(st.lists(st.text("ab/;_\x1b", max_size=40), max_size=12), st.integers(7, 30))
def test_any_names_fit_and_stay_different(names: list[str], width: int) -> None:
    texts = labels(names, width).texts
    assert all(len(text) <= width and text.isprintable() for text in texts)
    assert len(set(texts)) == len(set(names))
