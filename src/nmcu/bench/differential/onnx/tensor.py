"""What a name in a growing network stands for."""

from dataclasses import dataclass
from typing import Literal

Shape = tuple[int, ...]
Quant = tuple[float, int]
Form = Literal["stored", "function", "affine", "pending", "source", "integers"]
"""What a reader can do with a value: see `Value.form`."""


@dataclass(frozen=True)
class Value:
    """A tensor of the model.

    `low`, `high`: bounds of its real values, about; `quant`: scale and zero point (as int8) where it has them. `form`:

    - `stored`: dequantised integers, `integers` their name, `parameters` the names of scale and zero point;
    - `function`: an element-wise function of one of these;
    - `affine`: of a layer with weights, which takes in constants along `axis`;
    - `pending`: of another operator, which needs a QuantizeLinear;
    - `source`: a float model input; - `integers`: between QuantizeLinear and DequantizeLinear.
    """

    name: str
    shape: Shape
    low: float
    high: float
    form: Form
    quant: Quant | None = None
    axis: int = 1
    integers: str = ""
    parameters: tuple[str, ...] = ()
    unsigned: bool = False

    @property
    def reach(self) -> float:
        """The largest magnitude, about."""
        return max(abs(self.low), abs(self.high))

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def is_map(self) -> bool:
        """True for (1, channels, height, width)."""
        return len(self.shape) == 4 and self.shape[0] == 1
