"""Scales and zero points: calibrated ones, and odd ones that the format allows."""

import numpy as np

from nmcu.bench.differential.onnx.tensor import Quant, Value

SPREADS = (1.0, 1.3, 0.4, 3.0)
"""Factors on the scale that just holds a range: below 1 values saturate."""


def fitted(low: float, high: float, zero: int | None, spread: float, power_of_two: bool) -> Quant:
    """Scale and zero point for low..high; `zero` if it is given."""
    low, high = min(low, 0.0), max(high, 0.0)
    if zero is None:
        scale = (high - low) / 255
    else:
        scale = max(high / max(127 - zero, 1), -low / max(zero + 128, 1))
        if zero in (-128, 127):
            scale = max(high, -low) / 255
    scale = float(np.clip(scale * spread, 1e-20, 1e20)) if scale > 0 else 1.0
    if power_of_two:
        scale = 2.0 ** round(float(np.log2(scale)))
    scale = float(np.float32(scale))
    if zero is None:
        zero = int(np.clip(round(-128 - low / scale), -128, 127))
    return scale, zero


def bounds(quant: Quant) -> tuple[float, float]:
    """The smallest and the largest real value of a tensor."""
    scale, zero = quant
    return (-128 - zero) * scale, (127 - zero) * scale


def equal_to(value: Value, others: list[Value]) -> list[Quant]:
    """Scales and zero points of `others` that are not absurd for `value`."""
    found = [o.quant for o in others if o.quant is not None]
    return [q for q in dict.fromkeys(found) if 0.2 < (127 * q[0]) / max(value.reach, 1e-30) < 20]
