"""TFLite operators that nmcu does not have, by IREE, against LiteRT."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nmcu
from nmcu.bench.differential.tflite.model import TfliteModel
from nmcu.errors import ModelError
from nmcu.iree import Region

pytestmark = pytest.mark.usefixtures("iree")


class Floats(TfliteModel):
    """A quantised input, and float tensors behind it."""

    def real(self, code: str, inputs: list[int], *shape: int, options: str = "", **fields: int) -> int:
        return self.op(code, inputs, [self.tensor(*shape, scale=None, dtype="float32")], options, **fields)

    def start(self, *shape: int) -> int:
        return self.real("DEQUANTIZE", [self.input(*shape, scale=0.04, zero=5)], *shape)


def functions() -> bytes:
    m, shape = Floats(), (1, 4, 5, 6)
    x = m.start(*shape)
    for code in ("SIN", "COS", "ROUND", "FLOOR", "CEIL", "SIGN"):
        x = m.real(
            "ADD", [x, m.real(code, [x], *shape)], *shape, options="AddOptions", FusedActivationFunction=0
        )
    return m.build(m.op("QUANTIZE", [x], [m.tensor(*shape, scale=0.1)]))


def running_sum() -> bytes:
    m, shape = Floats(), (1, 4, 6)
    options = {"options": "CumsumOptions", "Exclusive": 1, "Reverse": 1}
    x = m.real(
        "CUMSUM",
        [m.start(*shape), m.tensor(scale=None, data=np.array(1, np.int32), dtype="int32")],
        *shape,
        **options,
    )
    return m.build(m.op("QUANTIZE", [x], [m.tensor(*shape, scale=0.1)]))


def product() -> bytes:
    m = Floats()
    x = m.real("REDUCE_PROD", [m.start(1, 4, 5, 6), m.ints(1)], 1, 5, 6, options="ReducerOptions", KeepDims=0)
    return m.build(m.op("QUANTIZE", [x], [m.tensor(1, 5, 6, scale=0.5)]))


@pytest.mark.parametrize("network", [functions, running_sum, product])
def test_results_are_litert_s(network: Callable[[], bytes], tmp_path: Path) -> None:
    file = tmp_path / "m.tflite"
    file.write_bytes(network())
    with pytest.raises(ModelError, match="this operator is not supported"):
        nmcu.load(file)
    graph = nmcu.load(file, fallback="iree")
    assert any(isinstance(layer.op, Region) for layer in graph.layers)
    found = nmcu.verify(file, fallback="iree")
    assert found.checked and found.ok, str(found)


def test_operators_that_onnx_does_not_have_are_refused_as_ever(tmp_path: Path) -> None:
    m = Floats()
    x = m.start(1, 6)
    file = tmp_path / "m.tflite"
    file.write_bytes(m.build(m.real("ATAN2", [x, x], 1, 6)))
    with pytest.raises(ModelError, match=r"\(ATAN2\): this operator is not supported"):
        nmcu.load(file, fallback="iree")
