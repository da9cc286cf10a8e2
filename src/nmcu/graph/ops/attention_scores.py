"""AttentionScores: queries times keys, head by head."""

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
class AttentionScores(requant.Requantised):
    """`acc[h * T + t, s] = sum over i < head_size of (q[t, q_offset + h * head_size + i] - z_q) *
    (k[s, k_offset + h * head_size + i] - z_k)`, requantised with `multiplier` and `shift`.

    q (T, Cq), k (S, Ck): heads are slices of the channels, so projections of queries, keys and values may be one
    tensor. Output (heads * T, S).
    """

    KIND: ClassVar[str] = "attention_scores"
    INPUTS: ClassVar[int | None] = 2
    CONSTANTS: ClassVar[Mapping[str, str]] = {}
    SUMMARY = "queries times keys of each head, both activations; heads are slices of the channels"

    heads: int
    head_size: int
    q_offset: int
    k_offset: int
    zero_point_q: int
    zero_point_k: int
    multiplier: int
    shift: int

    @classmethod
    def build(
        cls,
        name: str,
        q: TensorInfo,
        k: TensorInfo,
        y: TensorInfo,
        *,
        heads: int,
        head_size: int,
        q_offset: int = 0,
        k_offset: int = 0,
        gain: float = 1.0,
    ) -> tuple["AttentionScores", dict[str, Array]]:
        """The operator for `y = gain * q @ k.T` of each head; raises `ModelError` naming node `name`."""
        (q_scale, q_zero), (k_scale, k_zero), (y_scale, y_zero) = q.quant, k.quant, y.quant
        low, high = reach(q_zero, k_zero, head_size)
        factor = np.array([gain * q_scale * k_scale / y_scale])
        chosen = requant.choose(name, factor, np.array([low]), np.array([high]), y_zero)
        op = cls(
            form=chosen.form,
            zero_point=y_zero,
            heads=heads,
            head_size=head_size,
            q_offset=q_offset,
            k_offset=k_offset,
            zero_point_q=q_zero,
            zero_point_k=k_zero,
            multiplier=int(chosen.multiplier[0]),
            shift=int(chosen.shift[0]),
        )
        return op, {}

    def shapes(self, inputs: Sequence[TensorInfo], constants: Constants) -> tuple[Shape, ...]:
        q, k = inputs
        if min(self.heads, self.head_size) < 1:
            raise ModelError(f"AttentionScores: {self.heads} heads of {self.head_size} channels do not exist")
        check_slice("AttentionScores", q, self.q_offset, self.heads * self.head_size)
        check_slice("AttentionScores", k, self.k_offset, self.heads * self.head_size)
        return ((self.heads * q.shape[0], k.shape[0]),)

    def reference(self, inputs: Sequence[Array], constants: Constants) -> tuple[Array, ...]:
        acc = np.concatenate(
            [
                head(inputs[0], self.zero_point_q, self.q_offset, h, self.head_size)
                @ head(inputs[1], self.zero_point_k, self.k_offset, h, self.head_size).T
                for h in range(self.heads)
            ]
        ).astype(np.int64)
        multiplier, shift = np.array(self.multiplier), np.array(self.shift)
        return (requant.apply(acc, multiplier, shift, self.zero_point, self.lo, self.hi),)

    def macs(self, inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo], constants: Constants) -> int:
        return self.heads * self.head_size * inputs[0].shape[0] * inputs[1].shape[0]
