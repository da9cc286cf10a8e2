"""Fake quantisation as the integer semantics have it: int8, per tensor for activations, per channel for weights."""

from typing import Any, cast

import torch
from torch import Tensor, nn

LOW, HIGH = -128, 127


class ActivationQuant(nn.Module):
    """Per-tensor int8 with scale and zero point from a running minimum and maximum.

    While `observing`, the range follows the data: the mean of the batches' ranges for the first ones, an
    exponential average with weight `momentum` later. While not `enabled`, values pass unchanged (calibration).
    A `fixed` range is never observed (softmax: 0 to 255/256).
    """

    scale: Tensor
    zero_point: Tensor
    low: Tensor
    high: Tensor
    batches: Tensor

    def __init__(self, fixed: tuple[float, float] | None = None, momentum: float = 0.01) -> None:
        super().__init__()
        self.fixed = fixed is not None
        self.momentum = momentum
        self.observing = True
        self.enabled = True
        low, high = fixed or (0.0, 0.0)
        self.register_buffer("low", torch.tensor(low))
        self.register_buffer("high", torch.tensor(high))
        self.register_buffer("batches", torch.tensor(0, dtype=torch.int64))
        self.register_buffer("scale", torch.tensor(1.0))
        self.register_buffer("zero_point", torch.tensor(0, dtype=torch.int32))
        if self.fixed:
            self.set_range()

    def forward(self, x: Tensor, moved: bool = False) -> Tensor:
        """`x` quantised; `moved` values are those of an earlier call or fewer, which say nothing about the range."""
        if self.training and self.observing and not self.fixed and not moved:
            self._observe(x.detach())
        if not self.enabled:
            return x.clone()  # as quantising does: what changes values in place leaves those of others alone
        if x.device.type == "cpu" and not torch.compiler.is_compiling():  # an export has PyTorch's operator
            given = x.float(), self.scale, int(self.zero_point)
            return cast(Tensor, _Vectorised.apply(*given))  # type: ignore[no-untyped-call]
        return torch.fake_quantize_per_tensor_affine(x.float(), self.scale, self.zero_point, LOW, HIGH)

    def forget(self) -> None:
        """Observe from scratch."""
        if not self.fixed:
            for seen in (self.batches, self.low, self.high):
                seen.zero_()

    def _observe(self, x: Tensor) -> None:
        self.batches += 1
        weight = torch.clamp(1 / self.batches, min=self.momentum)
        low, high = torch.aminmax(x.float())
        self.low += weight * (low - self.low)
        self.high += weight * (high - self.high)
        self.set_range()

    def set_range(self) -> None:
        """Scale and zero point so that 0 is exact; ONNX Runtime's formula for asymmetric int8."""
        low, high = self.low.clamp(max=0), self.high.clamp(min=0)
        span = torch.where(high == low, 1.0, high - low)  # what is always zero is so at any scale
        self.scale.copy_((span / (HIGH - LOW)).clamp(min=1e-8))
        self.zero_point.copy_((LOW - low / self.scale).round().clamp(LOW, HIGH))


class WeightQuant(nn.Module):
    """Parametrisation: symmetric int8 per output channel, scale = largest magnitude / 127, so -128 never occurs.

    `axis` is that of the output channels; None: one scale for the whole tensor.
    """

    def __init__(self, axis: int | None = 0) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, weight: Tensor) -> Tensor:
        return _quantized(weight, weight_scale(weight, self.axis), self.axis)


class FixedWeightQuant(nn.Module):
    """`WeightQuant` with the scale as a constant, for export."""

    scale: Tensor
    zero_point: Tensor

    def __init__(self, scale: Tensor, axis: int | None = 0) -> None:
        super().__init__()
        self.axis = axis
        self.register_buffer("scale", scale)
        self.register_buffer("zero_point", torch.zeros_like(scale, dtype=torch.int32))

    def forward(self, weight: Tensor) -> Tensor:
        return _quantized(weight, self.scale, self.axis, self.zero_point)


class _Vectorised(torch.autograd.Function):
    """`torch.fake_quantize_per_tensor_affine` and its gradient, bit for bit, of operations that CPUs do on vectors.

    Its own is scalar code in PyTorch 2.13: forward and backward take 95 ms for 6.3 million values, these 38 (one core
    with AVX-512).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, zero_point: int) -> Tensor:
        rounded = torch.mul(x, 1 / scale).round_()
        low, high = LOW - zero_point, HIGH - zero_point
        ctx.save_for_backward(rounded)
        ctx.between = low - 0.5, high + 0.5
        return rounded.clamp(low, high).mul_(scale)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (rounded,) = ctx.saved_tensors
        return torch.ops.aten.hardtanh_backward(gradient, rounded, *ctx.between), None, None


def channel_axis(layer: nn.Module) -> int | None:
    """The axis of the output channels in the layer's weight; None where they are spread over two."""
    if isinstance(layer, nn.ConvTranspose2d):
        return 1 if layer.groups == 1 else None
    return 0


def weight_scale(weight: Tensor, axis: int | None = 0) -> Tensor:
    """(Cout,) scales of `weight` along `axis`, or one of shape ().

    None is below 1/1024 of the largest, so that the int32 bias of a channel of (nearly) zeros cannot overflow.
    """
    magnitude = weight.detach().abs()
    largest = magnitude.amax() if axis is None else magnitude.movedim(axis, 0).flatten(1).amax(dim=1)
    scale = largest / HIGH
    return torch.maximum(scale, (scale.max() / 1024).clamp(min=1e-8))


def _quantized(weight: Tensor, scale: Tensor, axis: int | None, zero_point: Tensor | None = None) -> Tensor:
    zero = torch.zeros_like(scale, dtype=torch.int32) if zero_point is None else zero_point
    if axis is None:
        return torch.fake_quantize_per_tensor_affine(weight, scale, zero, LOW, HIGH)
    return torch.fake_quantize_per_channel_affine(weight, scale, zero, axis, LOW, HIGH)
