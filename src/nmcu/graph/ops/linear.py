"""Linear: fully connected layer over the last axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph import affine, requant
from nmcu.graph.op import Array, Constants, Floats
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Linear(requant.Requantised):
    """`acc[t, c] = bias[c] + sum(weight[c, i] * x[t, i])`, requantised per channel, or as it is.

    x (T, Cin); weight (Cout, Cin); bias (Cout,) holds the folded input zero point; multiplier, shift (Cout,).
    """

    KIND: ClassVar[str] = "linear"
    CONSTANTS = affine.AFFINE_CONSTANTS
    SUMMARY = "fully connected layer on (tokens, channels); fused ReLU, ReLU6 or clip"

    input_zero_point: int
    weight_scale: Floats

    @classmethod
    def build(
        cls,
        name: str,
        x: TensorInfo,
        y: TensorInfo,
        weight: NDArray[np.int8],
        weight_scale: NDArray[Any],
        bias: NDArray[Any] | None,
        *,
        lo: int = -128,
        hi: int = 127,
    ) -> tuple["Linear", dict[str, Array]]:
        """Operator and constants from real scales; see `Conv2d.build`. `weight` is (Cout, Cin)."""
        folded = affine.fold(name, x, y, weight, weight_scale, bias)
        op = cls(
            form=folded.form,
            zero_point=y.zero_point or 0,
            lo=lo,
            hi=hi,
            input_zero_point=x.quant[1],
            weight_scale=folded.weight_scale,
        )
        return op, folded.constants(weight)

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        shape, weight = inputs[0].shape, constants["weight"]
        if len(shape) != 2 or weight.ndim != 2 or weight.shape[1] != shape[1]:
            raise ModelError(
                f"Linear: weight {weight.shape} does not fit input {shape}: (Cout, Cin) and (T, Cin)"
            )
        affine.check_constants("Linear", constants, weight.shape[0])
        return ((shape[0], weight.shape[0]),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        weight = constants["weight"]
        exact = affine.exact_float(weight)
        acc = (inputs[0].astype(exact) @ weight.T.astype(exact)).astype(np.int64) + constants["bias"]
        return (requant.output(self, acc, constants["multiplier"], constants["shift"]),)

    def many(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        runs, tokens, _ = inputs[0].shape
        (y,) = self.reference([inputs[0].reshape(runs * tokens, -1)], constants)
        return (y.reshape(runs, tokens, -1),)

    def macs(self, inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo], constants: Constants) -> int:
        return inputs[0].shape[0] * int(constants["weight"].size)
