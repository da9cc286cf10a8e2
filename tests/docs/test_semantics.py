"""The table of tie rules in docs/semantics.md, measured anew: exact halves through each set of kernels and ours."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from frontend import ort
from nmcu import graph, operators
from nmcu.bench.differential.tflite.model import TfliteModel

DOCS = Path(__file__).parents[2] / "docs" / "semantics.md"
HALVES = np.array([1, -1, 3, -3, 5, -5], np.int8)  # half a step each, at twice the scale
PAIRS = np.array([[0, 1], [0, -1], [1, 2], [-1, -2], [2, 3], [-2, -3]], np.int8)  # the same as means
RULES = {
    "up": np.floor(HALVES / 2 + 0.5),
    "even": np.rint(HALVES / 2),
    "away from zero": np.trunc(HALVES / 2 + np.sign(HALVES) / 2),
}
KERNELS = {
    "LiteRT reference": OpResolverType.BUILTIN_REF,
    "LiteRT default": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    "LiteRT XNNPACK": OpResolverType.BUILTIN,
}
Array = NDArray[np.generic]
Network = tuple[bytes, list[Array]]


def _documented() -> dict[str, dict[str, str]]:
    """Rule by operator and column."""
    lines = DOCS.read_text().split("## Ties")[1].split("\n## ")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {row[0]: dict(zip(rows[0][1:], row[1:], strict=True)) for row in rows[2:]}


def _affine(code: str, options: str, shape: tuple[int, ...], weights: int, **fields: int) -> Network:
    m = TfliteModel()
    x = m.input(*shape, scale=0.5)
    one = m.tensor(*[1] * weights, scale=1.0, data=np.ones([1] * weights, np.int8))
    bias = m.tensor(1, scale=0.5, data=np.zeros(1, np.int32), dtype="int32")
    return m.build(m.op(code, [x, one, bias], [m.tensor(*shape, scale=1.0)], options, **fields)), [
        HALVES.reshape(shape)
    ]


def _binary(code: str, options: str, other: int, scale: float) -> Network:
    m = TfliteModel()
    inputs = [m.input(1, 6, scale=0.5), m.input(1, 6, scale=scale)]
    y = m.op(code, inputs, [m.tensor(1, 6, scale=1.0)], options)
    return m.build(y), [HALVES.reshape(1, 6), np.full((1, 6), other, np.int8)]


def _quantize(dtype: str) -> Network:
    m = TfliteModel()
    x = m.input(1, 6, scale=0.5 if dtype == "int8" else None, dtype=dtype)
    feed = HALVES.reshape(1, 6) if dtype == "int8" else (HALVES / 2).astype(np.float32).reshape(1, 6)
    y = m.op("QUANTIZE", [x], [m.tensor(1, 6, scale=1.0)])
    return m.build(y), [feed]


def _pool() -> Network:
    m = TfliteModel()
    x, y = m.input(1, 6, 2, 1, scale=0.1), m.tensor(1, 6, 1, 1, scale=0.1)
    m.op(
        "AVERAGE_POOL_2D",
        [x],
        [y],
        "Pool2DOptions",
        FilterWidth=2,
        FilterHeight=1,
        StrideW=2,
        StrideH=1,
    )
    return m.build(y), [PAIRS.reshape(1, 6, 2, 1)]


def _mean() -> Network:
    m = TfliteModel()
    x = m.input(1, 1, 2, 6, scale=0.1)
    y = m.op("MEAN", [x, m.ints(1, 2)], [m.tensor(1, 1, 1, 6, scale=0.1)], "ReducerOptions", KeepDims=True)
    return m.build(y), [np.ascontiguousarray(PAIRS.T).reshape(1, 1, 2, 6)]


CASES: dict[str, Callable[[], list[Network]]] = {
    "convolution, depthwise": lambda: [
        _affine("CONV_2D", "Conv2DOptions", (1, 6, 1, 1), 4, StrideW=1, StrideH=1),
        _affine(
            "DEPTHWISE_CONV_2D",
            "DepthwiseConv2DOptions",
            (1, 6, 1, 1),
            4,
            StrideW=1,
            StrideH=1,
            DepthMultiplier=1,
        ),
    ],
    "linear": lambda: [_affine("FULLY_CONNECTED", "FullyConnectedOptions", (6, 1), 2)],
    "add, subtract": lambda: [_binary("ADD", "AddOptions", 0, 0.5), _binary("SUB", "SubOptions", 0, 0.5)],
    "multiply": lambda: [_binary("MUL", "MulOptions", 1, 1.0)],
    "average pooling": lambda: [_pool()],
    "mean": lambda: [_mean()],
    "to another scale (QUANTIZE)": lambda: [_quantize("int8")],
    "float input to int8": lambda: [_quantize("float32")],
}


def _litert(data: bytes, feeds: list[Array], kernels: OpResolverType) -> Array:
    interpreter = Interpreter(model_content=data, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    for detail, array in zip(interpreter.get_input_details(), feeds, strict=True):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])).reshape(-1)


def _ours(data: bytes, feeds: list[Array]) -> Array:
    model = operators.parse(data, "ties.tflite")
    names = [info.name for info in model.border.model_inputs]
    (found,) = graph.reference.run_model(model, dict(zip(names, feeds, strict=True))).values()
    return found.reshape(-1)


@pytest.mark.parametrize("operator", CASES)
def test_ties(operator: str) -> None:
    documented = _documented()
    assert set(documented) == set(CASES)
    for data, feeds in CASES[operator]():
        found = {"nmcu": _ours(data, feeds), **{k: _litert(data, feeds, r) for k, r in KERNELS.items()}}
        for column, codes in found.items():
            assert codes.tolist() == RULES[documented[operator][column]].tolist(), column


def test_onnx_runtime_rounds_halves_to_even(tmp_path: Path) -> None:
    """Its arithmetic is float32 up to a QuantizeLinear, so that one operator stands for all."""
    m = ort.FloatModel(1, 6)
    path = m.save(tmp_path / "ties.onnx", m.pair("input", 1.0))
    found = ort.tensors(path, {"input": (HALVES / 2).astype(np.float32).reshape(1, 6)})
    assert {row["ONNX Runtime"] for row in _documented().values()} == {"even"}
    assert found[m.last].reshape(-1).tolist() == RULES["even"].tolist()
