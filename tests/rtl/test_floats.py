"""A float section on the RTL of eight cores: the simulator's outputs, and its cycles."""

import numpy as np
import pytest

import nmcu
from nmcu.frontend.lower import floats
from nmcu.graph import Builder, Graph, TensorInfo


def network() -> Graph:
    """Softmax of the tangents of int8 values: soft float, barriers within a row, L2 read and written by the cores."""
    b = Builder("floats")
    x = b.input(TensorInfo("in", (1, 21), "float32"), TensorInfo("x", (1, 21), "int8", 0.05, 3), (0, 1))
    y = floats.apply(b, "tanh", "tanh", floats.dequantize(b, x))
    y = floats.rows(b, "softmax", "softmax", y, (1,))
    b.output(y, TensorInfo("out", y.shape, "float32"), (0, 1), y.shape)
    return b.finish()


@pytest.mark.parametrize("target,isa", [("cluster8", "xcv"), ("cv32e40p", "rv32")])
def test_a_float_section_equals_the_simulator(target: str, isa: str) -> None:
    compiled = nmcu.compile(network(), target, isa=isa)
    iss, rtl = (nmcu.run(compiled, core=core) for core in ("iss", "rtl"))
    assert iss.bit_exact and rtl.bit_exact
    np.testing.assert_array_equal(iss.outputs["out"], rtl.outputs["out"])
    assert rtl.cycles == pytest.approx(iss.cycles, rel=0.02)
