"""Conv2d: 2-D convolution, grouped and dilated included."""

import itertools
from collections.abc import Iterator, Sequence
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

COLUMNS = 2**19
"""Elements of the matrix of windows that the reference multiplies at once: they stay in a processor's cache."""


@dataclass(frozen=True, kw_only=True)
class Conv2d(ByWindow, requant.Requantised):
    """`acc[c] = bias[c] + sum(weight[c, kh, kw, i] * x[...])`, requantised per channel.

    weight (Cout, KH, KW, Cin/groups); bias (Cout,) holds the folded input zero point; multiplier and shift
    (Cout,). Padding reads as `input_zero_point`. `pads` = (top, left, bottom, right). `weight_scale` (Cout,)
    is only needed to write the model back.
    """

    KIND: ClassVar[str] = "conv"
    CONSTANTS = affine.AFFINE_CONSTANTS
    SUMMARY = "2-D convolution; groups, dilation, fused ReLU, ReLU6 or clip"

    strides: Ints
    dilations: Ints
    groups: int
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
        groups: int = 1,
        lo: int = -128,
        hi: int = 127,
    ) -> tuple["Conv2d", dict[str, Array]]:
        """Operator and constants from real scales; `bias` are integers at scale `s_x * s_w[c]`.

        `x` and `y` give scales and zero points only. Raises `ModelError` naming node `name`.
        """
        folded = affine.fold(name, x, y, weight.reshape(weight.shape[0], -1), weight_scale, bias)
        op = cls(
            form=folded.form,
            zero_point=y.zero_point or 0,
            lo=lo,
            hi=hi,
            strides=strides,
            pads=pads,
            dilations=dilations,
            groups=groups,
            input_zero_point=x.quant[1],
            weight_scale=folded.weight_scale,
        )
        return op, folded.constants(weight)

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        height, width, channels = window.map_shape("Conv2d", inputs[0])
        weight = constants["weight"]
        if weight.ndim != 4:
            raise ModelError(f"Conv2d: weight has shape {weight.shape}, must be (Cout, KH, KW, Cin/groups)")
        cout = weight.shape[0]
        if self.groups < 1 or weight.shape[3] * self.groups != channels or cout % self.groups:
            raise ModelError(
                f"Conv2d: weight {weight.shape} in {self.groups} groups does not fit {channels} channels"
            )
        affine.check_constants("Conv2d", constants, cout)
        out = window.output_size(
            "Conv2d", (height, width), weight.shape[1:3], self.strides, self.pads, self.dilations
        )
        return ((1, *out, cout),)

    def windows(self, x: TensorInfo, constants: Constants) -> Windows:
        return Windows(
            x.shape[1], constants["weight"].shape[1], self.strides[0], self.pads[0], self.dilations[0]
        )

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        weight = constants["weight"]
        cout, kh, kw, cin = weight.shape
        kernel = weight.reshape(self.groups, cout // self.groups, kh * kw * cin)
        exact = affine.exact_float(kernel.reshape(cout, -1))
        matrix = kernel.astype(exact).transpose(0, 2, 1)
        x = inputs[0].astype(exact)
        view = window.patches(x, (kh, kw), self.strides, self.pads, self.input_zero_point, self.dilations)
        images, oh, ow = view.shape[:3]
        y = np.empty((images, oh, ow, cout), self.dtype)
        rows = max(1, COLUMNS // max(1, ow * kh * kw * cin * self.groups))
        for block in itertools.product(_steps(images, max(1, rows // oh)), _steps(oh, rows)):
            part = view[block]
            columns = part.reshape(-1, kh * kw, self.groups, cin).transpose(2, 0, 1, 3)
            acc = columns.reshape(self.groups, -1, kh * kw * cin) @ matrix
            total = acc.transpose(1, 0, 2).reshape(*part.shape[:3], cout).astype(np.int64)
            total += constants["bias"]
            y[block] = requant.output(self, total, constants["multiplier"], constants["shift"])
        return (y,)

    def macs(self, inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo], constants: Constants) -> int:
        return outputs[0].size * (int(constants["weight"].size) // len(constants["weight"]))


def _steps(size: int, step: int) -> Iterator[slice]:
    return (slice(start, start + step) for start in range(0, size, step))
