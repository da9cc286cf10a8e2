"""Files whose operators work on integers (ONNX Runtime's QOperator form) are the same networks as their QDQ forms."""

from pathlib import Path

import numpy as np
import pytest

from frontend import ort
from nmcu import operators
from nmcu.errors import ModelError
from nmcu.frontend.from_onnx.qoperator import FORMS, INTEGER_FORMS

MICROSOFT = "com.microsoft"


class Integers(ort.FloatModel):
    """A model of operators on int8 or uint8, its float input quantised first."""

    def __init__(self, *shape: int, dtype: type[np.generic] = np.int8, seed: int = 0) -> None:
        super().__init__(*shape, seed=seed)
        self.dtype = dtype
        self.x = self.quantised("input", 0.03)

    def parameters(self, scale: float, zero: int = 3) -> tuple[str, str]:
        """Scale and zero point; the zero point is that of the middle of uint8 where integers are unsigned."""
        zero += 128 if self.dtype is np.uint8 else 0
        return self.constant(np.asarray(scale, np.float32)), self.constant(np.asarray(zero, self.dtype))

    def quantised(self, x: str, scale: float) -> str:
        return str(self.node("QuantizeLinear", x, *self.parameters(scale)))

    def weights(
        self, *shape: int, channels: int = 0, dtype: type[np.generic] = np.int8
    ) -> tuple[str, str, str]:
        """Values, scales (one, or one a channel) and zero points."""
        scale = self.rng.uniform(0.01, 0.02, channels or ()).astype(np.float32)
        low, high, zero = (-127, 128, 0) if dtype is np.int8 else (0, 128, 60)
        zeros = np.full(scale.shape, zero, dtype)
        return tuple(map(self.constant, (self.rng.integers(low, high, shape).astype(dtype), scale, zeros)))

    def bias(self, count: int) -> str:
        return self.constant(self.rng.integers(-2000, 2000, count).astype(np.int32))


def build(op: str, dtype: type[np.generic]) -> Integers:
    """A model with one `op` on a map of 8 channels, or on a matrix."""
    matrix = op in ("QLinearMatMul", "QGemm")
    m = Integers(*((4, 8) if matrix else (1, 8, 5, 5)), dtype=dtype)
    xs, ys = m.parameters(0.03), m.parameters(0.06, -5)
    other = (m.node("QLinearSigmoid", m.x, *xs, *m.parameters(0.004), domain=MICROSOFT), *m.parameters(0.004))
    match op:
        case "QLinearConv":
            m.node(op, m.x, *xs, *m.weights(6, 8, 3, 3, channels=6), *ys, m.bias(6), pads=[1, 1, 1, 1])
        case "QLinearMatMul":
            m.node(op, m.x, *xs, *m.weights(8, 6, channels=6), *ys)
        case "QGemm":
            m.node(op, m.x, *xs, *m.weights(6, 8), m.bias(6), *ys, domain=MICROSOFT, transB=1)
        case "QLinearAdd" | "QLinearMul":
            m.node(op, m.x, *xs, *other, *ys, domain=MICROSOFT)
        case "QLinearConcat":
            m.node(op, *ys, m.x, *xs, *other, domain=MICROSOFT, axis=1)
        case "QLinearAveragePool":
            m.node(op, m.x, *xs, *ys, domain=MICROSOFT, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        case "QLinearReduceMean":
            m.node(op, m.x, *xs, *ys, domain=MICROSOFT, axes=[2, 3], keepdims=1)
        case "QLinearLeakyRelu":
            m.node(op, m.x, *xs, *ys, domain=MICROSOFT, alpha=0.1)
        case "QLinearSoftmax":
            ys = m.parameters(1 / 256, -128)
            m.node(op, m.x, *xs, *ys, domain=MICROSOFT, axis=-1, opset=17)
        case "QLinearWhere":
            mask = m.constant(np.ones((1, 8, 5, 5), bool))
            m.node(op, mask, m.x, *xs, *other, *ys, domain=MICROSOFT)
        case _:
            m.node(op, m.x, *xs, *ys, domain=MICROSOFT)
    m.node("DequantizeLinear", m.last, *ys)
    return m


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_every_operator_agrees_with_onnx_runtime(name: str, dtype: type[np.generic], tmp_path: Path) -> None:
    op = name.split(".")[-1]
    path = build(op, dtype).save(tmp_path / "m.onnx")
    if op == "QLinearReduceMean":  # ONNX Runtime 1.32.0 has its schema, and no kernel on CPUs
        assert [layer.kind for layer in operators.load(path).layers].count("avgpool") == 1
    else:
        ort.check(path)


@pytest.mark.parametrize("op", INTEGER_FORMS)
def test_sums_that_a_cast_and_a_mul_make_real(op: str, tmp_path: Path) -> None:
    """The static form: the scale of the integers' QuantizeLinear lies in the Mul."""
    matrix = op == "MatMulInteger"
    m = Integers(*((4, 8) if matrix else (1, 8, 5, 5)), dtype=np.uint8)
    zero = m.parameters(0.03)[1]
    value, _, w_zero = m.weights(*((8, 6) if matrix else (6, 8, 3, 3)), dtype=np.uint8)
    total = m.node(op, m.x, value, zero, w_zero)
    real = m.node("Mul", m.node("Cast", total, to=1), m.constant(np.asarray(0.03 * 0.01, np.float32)))
    ys = m.parameters(0.05)
    m.node("DequantizeLinear", m.node("QuantizeLinear", real, *ys), *ys)
    ort.check(m.save(tmp_path / "m.onnx"))


@pytest.mark.parametrize("zero", [60, 121])
def test_a_zero_point_of_weights_is_taken_off_where_the_differences_fit(zero: int, tmp_path: Path) -> None:
    """ONNX Runtime's u8u8 form gives weights 0 to 255 about any zero point; with reduce_range 0 to 127."""
    m = Integers(1, 8, 5, 5, dtype=np.uint8)
    value = m.rng.integers(0, 2 * zero, (6, 8, 3, 3)).astype(np.uint8)
    value[0, 0, 0] = 0, 255 if zero == 121 else 187, zero
    weights = map(m.constant, (value, np.asarray(0.01, np.float32), np.asarray(zero, np.uint8)))
    ys = m.parameters(0.1)
    m.node("DequantizeLinear", m.node("QLinearConv", m.x, *m.parameters(0.03), *weights, *ys), *ys)
    path = m.save(tmp_path / "m.onnx")
    if zero == 60:
        ort.check(path)
    else:
        with pytest.raises(ModelError, match="differ by -121 to 134; supported: -128 to 127"):
            operators.load(path)
