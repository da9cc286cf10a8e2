"""Operators are found by scanning, and bring their readers, writers and training rules."""

import dataclasses

import pytest

from nmcu.errors import NmcuError
from nmcu.graph import ops
from nmcu.operators import built_in, readers, writers


def test_every_class_of_the_graph_has_its_operator() -> None:
    assert {operator.op for operator in built_in()} >= set(ops.REGISTRY.values())


def test_every_operator_but_borders_and_layers_with_a_state_can_be_written() -> None:
    unwritten = {
        ops.Encode,
        ops.Decode,
        ops.ReadState,
        ops.WriteState,
        ops.Convert,
        ops.Gru,
        ops.Lstm,
        ops.Svdf,
    }
    assert {operator.op for operator in built_in()} - unwritten == set(writers(built_in()))


def test_a_node_that_two_operators_read_is_an_error_that_names_both() -> None:
    softmax = next(operator for operator in built_in() if operator.name == "Softmax")
    twin = dataclasses.replace(softmax, op=ops.LogSoftmax, tflite={})
    with pytest.raises(NmcuError, match="ONNX node Softmax is read by two operators, Softmax and LogSoftmax"):
        readers([softmax, twin])
