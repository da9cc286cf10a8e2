"""Depthwise: one filter per channel (channel multiplier 1; others are a grouped Conv2d)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import ModelError
from nmcu.graph import affine, requant, window
from nmcu.graph.by_rows import ByWindow
from nmcu.graph.op import Array, Constants, Floats, Ints
from nmcu.graph.rows import Windows
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class Depthwise(ByWindow, requant.Requantised):
    """`acc[c] = bias[c] + sum(weight[kh, kw, c] * x[..., c])`, requantised per channel.

    weight (KH, KW, C); everything else as in Conv2d.
    """

    KIND: ClassVar[str] = "depthwise"
    CONSTANTS = affine.AFFINE_CONSTANTS
    SUMMARY = "depthwise 2-D convolution; dilation, fused ReLU, ReLU6 or clip"

    strides: Ints
    dilations: Ints
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
        strides: Ints = (1, 1),
        pads: Ints = (0, 0, 0, 0),
        dilations: Ints = (1, 1),
        lo: int = -128,
        hi: int = 127,
    ) -> tuple["Depthwise", dict[str, Array]]:
        """Operator and constants from real scales; see `Conv2d.build`. `weight` is (KH, KW, C)."""
        rows = weight.reshape(-1, weight.shape[2]).T
        folded = affine.fold(name, x, y, rows, weight_scale, bias, short_sums=True)
        op = cls(
            form=folded.form,
            zero_point=y.quant[1],
            lo=lo,
            hi=hi,
            strides=strides,
            pads=pads,
            dilations=dilations,
            input_zero_point=x.quant[1],
            weight_scale=folded.weight_scale,
        )
        return op, folded.constants(weight)

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        height, width, channels = window.map_shape("Depthwise", inputs[0])
        weight = constants["weight"]
        if weight.ndim != 3 or weight.shape[2] != channels:
            raise ModelError(
                f"Depthwise: weight {weight.shape} does not fit {channels} channels: (KH, KW, C) is needed"
            )
        affine.check_constants("Depthwise", constants, channels)
        out = window.output_size(
            "Depthwise", (height, width), weight.shape[:2], self.strides, self.pads, self.dilations
        )
        return ((1, *out, channels),)

    def windows(self, x: TensorInfo, constants: Constants) -> Windows:
        return Windows(
            x.shape[1], constants["weight"].shape[0], self.strides[0], self.pads[0], self.dilations[0]
        )

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        weight = constants["weight"].astype(np.int32)
        kh, kw, _ = weight.shape
        view = window.patches(
            inputs[0], (kh, kw), self.strides, self.pads, self.input_zero_point, self.dilations
        )
        acc = np.zeros((*view.shape[:3], view.shape[5]), np.int32) + constants["bias"]
        for i in range(kh):
            for j in range(kw):
                acc += view[:, :, :, i, j] * weight[i, j]
        y = requant.apply(acc, constants["multiplier"], constants["shift"], self.zero_point, self.lo, self.hi)
        return (y,)

    def macs(self, inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo], constants: Constants) -> int:
        kh, kw, _ = constants["weight"].shape
        return outputs[0].size * int(kh * kw)
