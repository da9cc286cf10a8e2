"""Fused activations as bounds on the int8 output."""

import math
from dataclasses import dataclass

from nmcu.graph import TensorInfo


@dataclass(frozen=True)
class Clamp:
    """Real bounds of a fused ReLU, ReLU6 or clip; infinite where open."""

    lo: float = -math.inf
    hi: float = math.inf

    def bounds(self, y: TensorInfo) -> tuple[int, int]:
        """The bounds in `y`'s int8 units, (lo, hi)."""
        return _bound(self.lo, y, -128), _bound(self.hi, y, 127)

    def then(self, after: "Clamp") -> "Clamp":
        """This clamp followed by `after`, as one."""
        return Clamp(min(max(self.lo, after.lo), after.hi), max(min(self.hi, after.hi), after.lo))


NONE = Clamp()
RELU = Clamp(0.0)
RELU6 = Clamp(0.0, 6.0)


def _bound(real: float, y: TensorInfo, extreme: int) -> int:
    if math.isinf(real):
        return extreme
    scale, zero = y.quant
    steps = real / scale
    if math.isnan(steps) or abs(steps) > 1e6:
        return 127 if steps > 0 else -128
    return max(-128, min(127, math.floor(steps + 0.5) + zero))
