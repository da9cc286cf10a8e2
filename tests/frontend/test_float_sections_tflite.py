"""Float sections of TFLite files: between DEQUANTIZE and QUANTIZE, up to an output, from a float input."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nmcu
from frontend import litert
from nmcu import operators, verification
from nmcu.bench.differential.tflite.model import TfliteModel
from nmcu.errors import ModelError
from nmcu.graph import reference

Section = Callable[["Floats", int], int]


class Floats(TfliteModel):
    """A model with a quantised input and float tensors behind it."""

    def real(self, *shape: int, data: np.ndarray | None = None) -> int:
        return self.tensor(*shape, scale=None, dtype="float32", data=data)

    def step(self, code: str, inputs: list[int], *shape: int, options: str = "", **fields: float) -> int:
        return self.op(code, inputs, [self.real(*shape)], options, **fields)

    def start(self, *shape: int) -> int:
        return self.step("DEQUANTIZE", [self.input(*shape, scale=0.04, zero=5)], *shape)


def scaled(m: Floats, x: int) -> int:
    factor = m.real(6, data=np.linspace(-1, 2, 6, dtype=np.float32))
    return m.step("MUL", [x, factor], 1, 4, 5, 6, options="MulOptions", FusedActivationFunction=1)


def arithmetic(m: Floats, x: int) -> int:
    shape, none = (1, 4, 5, 6), {"FusedActivationFunction": 0}
    y = m.step("EXP", [m.step("TANH", [x], *shape)], *shape)
    z = m.step(
        "SUB",
        [m.step("ADD", [x, y], *shape, options="AddOptions", **none), x],
        *shape,
        options="SubOptions",
        **none,
    )
    z = m.step("MAXIMUM", [z, m.step("NEG", [x], *shape)], *shape)
    return m.step("DIV", [m.step("LOGISTIC", [z], *shape), y], *shape, options="DivOptions", **none)


def normalised(m: Floats, x: int) -> int:
    y = m.step("L2_NORMALIZATION", [x], 1, 4, 5, 6, options="L2NormOptions", FusedActivationFunction=0)
    y = m.step("MEAN", [y, m.ints(1, 2)], 1, 6, options="ReducerOptions", KeepDims=False)
    return m.step("SOFTMAX", [y], 1, 6, options="SoftmaxOptions", Beta=2.0)


def moved(m: Floats, x: int) -> int:
    y = m.step(
        "TRANSPOSE",
        [m.step("SQRT", [m.step("SQUARE", [x], 1, 4, 5, 6)], 1, 4, 5, 6), m.ints(0, 2, 1, 3)],
        1,
        5,
        4,
        6,
    )
    y = m.step("SLICE", [y, m.ints(0, 1, 0, 2), m.ints(1, 3, 4, 3)], 1, 3, 4, 3)
    y = m.step("RESHAPE", [y, m.ints(1, 36)], 1, 36, options="ReshapeOptions")
    return m.step(
        "CONCATENATION",
        [y, m.step("RELU6", [y], 1, 36)],
        1,
        72,
        options="ConcatenationOptions",
        Axis=1,
        FusedActivationFunction=0,
    )


def reduced(m: Floats, x: int) -> int:
    options = {"options": "ReducerOptions", "KeepDims": True}
    total = m.step("SUM", [x, m.ints(3)], 1, 4, 5, 1, **options)
    most = m.step("REDUCE_MAX", [x, m.ints(1, 3)], 1, 1, 5, 1, **options)
    return m.step("SQUARED_DIFFERENCE", [total, most], 1, 4, 5, 1)


def logarithm(m: Floats, x: int) -> int:
    return m.step("LOG_SOFTMAX", [x], 1, 4, 5, 6)


SECTIONS: dict[str, Section] = {
    s.__name__: s for s in (scaled, arithmetic, normalised, moved, reduced, logarithm)
}


@pytest.mark.parametrize("name", SECTIONS)
def test_section_equals_litert_and_the_device_equals_the_reference(name: str, tmp_path: Path) -> None:
    """Float outputs within 1e-4 of LiteRT's largest value."""
    m = Floats()
    data = m.build(SECTIONS[name](m, m.start(1, 4, 5, 6)))
    model = operators.parse(data, "m.tflite", tmp_path)
    for seed in range(2):
        feeds = nmcu.graph.random_inputs(model, seed)
        known, ours = litert.tensors(data, feeds), reference.run_model(model, feeds)
        assert verification.compare(model, known).faults == ()
        for output, value in ours.items():
            wanted = litert.output(model, known, output)
            np.testing.assert_allclose(value, wanted, rtol=0, atol=1e-4 * np.abs(wanted).max())
    assert nmcu.run(model, target="cluster8", isa="xcv").bit_exact


def test_section_from_a_float_input_to_a_quantised_layer(tmp_path: Path) -> None:
    """A float input is read as it is; QUANTIZE ends the section, DEQUANTIZE and RESHAPE alone need none."""
    m = Floats()
    x = m.input(1, 4, 5, 6, scale=None, dtype="float32")
    y = m.op("QUANTIZE", [m.step("TANH", [x], 1, 4, 5, 6)], [m.tensor(1, 4, 5, 6, scale=1 / 128)])
    z = m.op("RELU", [y], [m.tensor(1, 4, 5, 6, scale=1 / 128)])
    y = m.step(
        "RESHAPE", [m.step("DEQUANTIZE", [z], 1, 4, 5, 6), m.ints(1, 120)], 1, 120, options="ReshapeOptions"
    )
    data = m.build(y)
    model = operators.parse(data, "m.tflite", tmp_path)
    assert [t.dtype for t in (*model.inputs, *model.outputs)] == ["float32", "int8"]
    feeds = nmcu.graph.random_inputs(model)
    assert verification.compare(model, litert.tensors(data, feeds)).faults == ()
    report = nmcu.run(model, target="cv32e40p", isa="rv32")
    assert report.bit_exact
    assert report.outputs["tensor" + str(y)].dtype == np.float32


def test_a_function_of_one_quantised_value_is_a_table(tmp_path: Path) -> None:
    """Sums and products with constants, one or one for each channel, and functions: a look-up of each value."""
    m = Floats()
    x = m.start(1, 4, 5, 6)
    y = m.step("LOGISTIC", [scaled(m, x)], 1, 4, 5, 6)
    z = m.op("QUANTIZE", [m.step("EXP", [x], 1, 4, 5, 6)], [m.tensor(1, 4, 5, 6, scale=0.1, zero=-128)])
    data = m.build(y, z)
    model = operators.parse(data, "m.tflite", tmp_path)
    assert {type(layer.op).__name__ for layer in model.layers} == {"FloatTable", "Table"}
    feeds = nmcu.graph.random_inputs(model)
    assert verification.compare(model, litert.tensors(data, feeds)).faults == ()
    assert nmcu.run(model).bit_exact


def test_what_has_no_float_routine_is_named(tmp_path: Path) -> None:
    m = Floats()
    data = m.build(m.step("SIN", [m.start(1, 6)], 1, 6))
    with pytest.raises(ModelError, match=r"node 'tensor2' \(SIN\): this operator is not supported"):
        operators.parse(data, "m.tflite", tmp_path)
