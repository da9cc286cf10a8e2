"""AttentionValues: attention weights times values, head by head."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph import requant
from nmcu.graph.op import Array, Constants
from nmcu.graph.product import check_slice, head, reach
from nmcu.graph.tensor import Shape, TensorInfo


@dataclass(frozen=True, kw_only=True)
class AttentionValues(requant.Requantised):
    """`acc[t, h * head_size + i] = sum over s of (p[h * T + t, s] - z_p) * (v[s, v_offset + h * head_size + i] - z_v)`,
    requantised with `multiplier` and `shift`.

    p (heads * T, S), v (S, Cv): heads are slices of the channels. Output (T, heads * head_size).
    """

    KIND: ClassVar[str] = "attention_values"
    INPUTS: ClassVar[int | None] = 2
    CONSTANTS: ClassVar[Mapping[str, str]] = {}
    SUMMARY = (
        "attention weights times values of each head, both activations; heads are slices of the channels"
    )

    heads: int
    head_size: int
    v_offset: int
    zero_point_p: int
    zero_point_v: int
    multiplier: int
    shift: int

    @classmethod
    def build(
        cls,
        name: str,
        p: TensorInfo,
        v: TensorInfo,
        y: TensorInfo,
        *,
        heads: int,
        head_size: int,
        v_offset: int = 0,
        gain: float = 1.0,
    ) -> tuple["AttentionValues", dict[str, Array]]:
        """The operator for `y = gain * p @ v` of each head; raises `ModelError` naming node `name`."""
        (p_scale, p_zero), (v_scale, v_zero), (y_scale, y_zero) = p.quant, v.quant, y.quant
        low, high = reach(p_zero, v_zero, v.shape[0])
        factor = np.array([gain * p_scale * v_scale / y_scale])
        chosen = requant.choose(name, factor, np.array([low]), np.array([high]), y_zero)
        op = cls(
            form=chosen.form,
            zero_point=y_zero,
            heads=heads,
            head_size=head_size,
            v_offset=v_offset,
            zero_point_p=p_zero,
            zero_point_v=v_zero,
            multiplier=int(chosen.multiplier[0]),
            shift=int(chosen.shift[0]),
        )
        return op, {}

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        p, v = inputs
        check_slice("AttentionValues", v, self.v_offset, self.heads * self.head_size)
        if (
            min(self.heads, self.head_size) < 1
            or len(p.shape) != 2
            or p.shape[0] % self.heads
            or p.shape[1] != v.shape[0]
        ):
            raise ModelError(
                f"AttentionValues: weights {p.shape} do not fit {self.heads} heads over values {v.shape}"
            )
        return ((p.shape[0] // self.heads, self.heads * self.head_size),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        p = (inputs[0].astype(np.float64) - self.zero_point_p).reshape(self.heads, -1, inputs[0].shape[1])
        acc = np.concatenate(
            [
                p[h] @ head(inputs[1], self.zero_point_v, self.v_offset, h, self.head_size)
                for h in range(self.heads)
            ],
            axis=1,
        ).astype(np.int64)
        multiplier, shift = np.array(self.multiplier), np.array(self.shift)
        return (requant.apply(acc, multiplier, shift, self.zero_point, self.lo, self.hi),)

    def macs(self, inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo], constants: Constants) -> int:
        return inputs[0].size * self.head_size
