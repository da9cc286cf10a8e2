"""A convolution, depthwise or fully-connected layer from arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nmcu.errors import ModelError
from nmcu.graph import Layer, TensorInfo, ops
from nmcu.graph.builder import shapes_of
from nmcu.graph.op import Array, Op

Quantisation = tuple[float, int]
"""Scale and zero point: an integer stands for `(integer - zero_point) * scale`."""


@dataclass(frozen=True, kw_only=True)
class AffineLayer:
    """All of a layer but its weights; the parameters are those of `nmcu.layer_function`."""

    name: str
    shape: tuple[int, ...]
    x: Quantisation
    y: Quantisation
    strides: tuple[int, int]
    pads: tuple[int, int, int, int]
    dilations: tuple[int, int]
    groups: int
    lo: int
    hi: int

    def of(self, weight: ArrayLike, weight_scale: ArrayLike, bias: ArrayLike | None) -> Layer:
        """The layer with these weights; raises `ModelError` naming it where something does not fit."""
        weight, scale = np.asarray(weight), np.asarray(weight_scale, np.float64)
        integers = None if bias is None else np.asarray(bias)
        self._check(weight)
        self._check_channels(len(weight), scale, integers)
        shape = self.shape if weight.ndim == 2 else (1, *self.shape)
        x = TensorInfo("x", shape, "int8", *self.x)
        y = TensorInfo("y", (), "int8", *self.y)
        x.check_size()
        op, constants = self._built(x, y, weight, scale, integers)
        (made,) = shapes_of(self.name, op, [x], constants)
        y = TensorInfo("y", made, "int8", *self.y)
        return Layer(self.name, op, (x,), (y,), constants)

    def _built(
        self, x: TensorInfo, y: TensorInfo, weight: Array, scale: Array, bias: Array | None
    ) -> tuple[Op, dict[str, Array]]:
        if weight.ndim == 2:
            return ops.Linear.build(self.name, x, y, weight, scale, bias, lo=self.lo, hi=self.hi)
        if 1 < self.groups == self.shape[2] == len(weight) and weight.shape[3] == 1:
            return ops.Depthwise.build(
                self.name,
                x,
                y,
                np.ascontiguousarray(weight[..., 0].transpose(1, 2, 0)),
                scale,
                bias,
                strides=self.strides,
                pads=self.pads,
                dilations=self.dilations,
                lo=self.lo,
                hi=self.hi,
            )
        return ops.Conv2d.build(
            self.name,
            x,
            y,
            weight,
            scale,
            bias,
            strides=self.strides,
            pads=self.pads,
            dilations=self.dilations,
            groups=self.groups,
            lo=self.lo,
            hi=self.hi,
        )

    def _check(self, weight: Array) -> None:
        if weight.dtype != np.int8 or weight.ndim not in (2, 4) or not weight.size:
            raise self._error(
                f"weight is {weight.dtype} of shape {weight.shape}; int8 (Cout, KH, KW, Cin/groups) or (Cout, Cin) is "
                "needed"
            )
        needed = "(tokens, Cin)" if weight.ndim == 2 else "(height, width, Cin)"
        if len(self.shape) != (2 if weight.ndim == 2 else 3):
            raise self._error(
                f"shape is {self.shape}; for weights of shape {weight.shape} {needed} is needed"
            )
        for what, (scale, zero) in (("x", self.x), ("y", self.y)):
            if not (np.isfinite(scale) and scale > 0 and -128 <= zero <= 127):
                raise self._error(
                    f"{what} has scale {scale} and zero point {zero}; a positive number and -128 to 127 are needed"
                )
        if not -128 <= self.lo <= self.hi <= 127:
            raise self._error(f"results from {self.lo} to {self.hi}; a range within -128 to 127 is needed")

    def _check_channels(self, cout: int, scale: Array, bias: Array | None) -> None:
        if scale.shape not in ((), (1,), (cout,)) or not (np.isfinite(scale).all() and (scale > 0).all()):
            raise self._error(
                f"weight_scale has to be one positive number, or {cout}: one for each output channel"
            )
        if bias is not None and (bias.shape != (cout,) or bias.dtype.kind not in "iu"):
            raise self._error(
                f"bias is {bias.dtype} of shape {bias.shape}; integers of shape ({cout},) are needed"
            )

    def _error(self, text: str) -> ModelError:
        return ModelError(f"layer {self.name!r}: {text}")
