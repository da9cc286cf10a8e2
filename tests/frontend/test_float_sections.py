"""Float sections of ONNX files: what has no quantisation between two nodes runs in float32, as ONNX Runtime has it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nmcu
from frontend import ort
from nmcu import operators
from nmcu.errors import ModelError

Net = Callable[[ort.FloatModel, str], Any]


def conv(m: ort.FloatModel, cout: int = 6, **attributes: Any) -> str:
    """A quantised convolution of the quantised input whose own result is left in float."""
    weights = m.integers(cout, 3, 3, 3, scale=0.004)
    return str(m.node("Conv", m.pair("input", 0.03), weights, pads=[1, 1, 1, 1], **attributes))


def head(m: ort.FloatModel, x: str) -> str:
    return str(m.node("Flatten", m.node("GlobalAveragePool", x)))


SECTIONS: dict[str, Net] = {
    "accumulators": lambda m, x: x,
    "relu": lambda m, x: m.node("Relu", x),
    "functions": lambda m, x: m.node("Tanh", m.node("Sigmoid", m.node("Softplus", m.node("Neg", x)))),
    "roots": lambda m, x: m.node("Sqrt", m.node("Reciprocal", m.node("Exp", x))),
    "log": lambda m, x: m.node("Log", m.node("Add", m.node("Abs", x), m.constant(np.float32([1.5])))),
    "elu": lambda m, x: m.node("HardSwish", m.node("Elu", m.node("LeakyRelu", x, alpha=0.3), alpha=0.7)),
    "composed": lambda m, x: m.node("Softsign", m.node("HardSigmoid", x, alpha=0.3, beta=0.4)),
    "channels": lambda m, x: m.node(
        "Mul", x, m.constant(np.linspace(-1, 2, 6, dtype=np.float32).reshape(6, 1, 1))
    ),
    "residual": lambda m, x: m.node(
        "Add", x, m.node("Sub", m.node("Mul", x, x), m.node("Max", x, m.node("Neg", x)))
    ),
    "linear": lambda m, x: m.gemm(head(m, x), 6, 5),
    "matrix": lambda m, x: m.node(
        "MatMul", m.node("Reshape", x, m.constant(np.array([1, 6, 30]))), m.weight(30, 4)
    ),
    "softmax": lambda m, x: m.node("Softmax", head(m, x)),
    "softmax over channels": lambda m, x: m.node("LogSoftmax", x, axis=1),
    "reductions": lambda m, x: m.node(
        "Div",
        m.node("ReduceMean", x, axes=[1], keepdims=0),
        m.node("ReduceMax", m.node("Abs", x), axes=[1], keepdims=0),
    ),
    "slices": lambda m, x: m.node(
        "Concat", *m.node("Split", m.node("Transpose", x, perm=[0, 2, 1, 3]), outputs=2, axis=2)[::-1], axis=2
    ),
    "power": lambda m, x: m.node(
        "Pow", m.node("Pow", x, m.constant(np.float32(2))), m.constant(np.float32(0.5))
    ),
    "normalised": lambda m, x: m.node("LpNormalization", m.node("Flatten", m.node("Relu", x)), axis=1),
    "layer norm": lambda m, x: m.node(
        "LayerNormalization",
        m.node("Reshape", x, m.constant(np.array([1, 6, 30]))),
        m.constant(np.linspace(0.5, 1.5, 30, dtype=np.float32)),
        m.constant(np.linspace(-0.5, 0.5, 30, dtype=np.float32)),
    ),
}


@pytest.mark.parametrize("name", SECTIONS)
def test_section_equals_onnx_runtime_and_the_device_equals_the_reference(name: str, tmp_path: Path) -> None:
    """Float results stay within 1e-4 of the largest value of ONNX Runtime's; the simulator gives the reference's bits.

    NNCF 3.4 leaves the network's last layer in float ("accumulators"), others a Softmax behind it.
    """
    m = ort.FloatModel(1, 3, 5, 6)
    SECTIONS[name](m, conv(m))
    graph = ort.check(m.save(tmp_path / "m.onnx"))
    assert {t.dtype for t in graph.outputs} == {"float32"}
    operators.save(graph, tmp_path / "again.onnx")
    ort.check(tmp_path / "again.onnx")
    report = nmcu.run(graph, target="cluster8", isa="xcv")
    assert report.bit_exact
    (output,) = report.outputs.values()
    assert output.dtype == np.float32 and np.isfinite(output).all()


def test_section_between_two_pairs_and_from_a_float_input(tmp_path: Path) -> None:
    """A float input is read as it is; QuantizeLinear behind the section gives int8 that the next layer reads."""
    m = ort.FloatModel(1, 3, 5, 6)
    x = m.node("Tanh", m.node("Mul", "input", m.constant(np.float32([0.7]))))
    weights = m.integers(6, 3, 3, 3, scale=0.004)
    y = m.node("Conv", m.pair(x, 1 / 127), weights, pads=[1, 1, 1, 1])
    m.pair(m.node("Add", y, m.node("Exp", y)), 0.02, 5)
    graph = ort.check(m.save(tmp_path / "m.onnx"))
    assert [t.dtype for t in (*graph.inputs, *graph.outputs)] == ["float32", "int8"]
    assert nmcu.run(graph, target="cv32e40p", isa="rv32").bit_exact


def test_what_has_no_float_routine_is_named(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 3, 5, 6)
    m.node("Cos", conv(m))
    with pytest.raises(ModelError, match=r"node 'Cos_\d' \(Cos\): reads the float result of node 'Conv_\d'"):
        ort.check(m.save(tmp_path / "cos.onnx"))
    m = ort.FloatModel(1, 3, 5, 6)
    m.node("MaxPool", m.node("Exp", conv(m)), kernel_shape=[2, 2])
    with pytest.raises(ModelError, match=r"node 'MaxPool_\d' \(MaxPool\): is in a float section and has no"):
        ort.check(m.save(tmp_path / "pool.onnx"))
