"""Results that are cut off at a bound need no exact fit: below a ReLU all are alike."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nmcu.graph import Graph, Layer, affine, ops, requant
from nmcu.graph.op import Array
from nmcu.layerwise.least_squares import Real


@dataclass(frozen=True, eq=False)
class Clip:
    """Bounds on results of a layer, (outputs, Cout) or (Cout,), below and above which all have the same effect: as
    least squares see them, in steps of the accumulator, without the bias of the unpruned layer."""

    lo: Real
    hi: Real

    @classmethod
    def of(cls, graph: Graph, layer: Layer, some: Callable[[str], Array]) -> "Clip | None":
        """The bounds of a convolution or linear layer, or those of the sum that alone reads its result; None where
        results are not requantised.

        `some` gives a tensor, by name, at the outputs that are fitted: (outputs, Cout).
        """
        op = layer.op
        assert isinstance(op, ops.Conv2d | ops.Linear)
        if op.form == requant.SUMS:
            return None
        bias = affine.unfolded(layer.constants["bias"], layer.constants["weight"], op.input_zero_point)
        gain = layer.constants["multiplier"] * 2.0 ** -layer.constants["shift"]
        base: Real | float = op.zero_point
        lo, hi = op.lo, op.hi
        found = _sum_behind(graph, layer)
        if found is not None:
            add, other, is_first = found
            own, rest = (
                (add.multiplier_a, add.multiplier_b) if is_first else (add.multiplier_b, add.multiplier_a)
            )
            zero_point = add.zero_point_b if is_first else add.zero_point_a
            step = 2.0**-add.shift
            gain = gain * own * step
            base = add.zero_point + (some(other).astype(np.float64) - zero_point) * rest * step
            lo, hi = add.lo, add.hi
        gain = np.where(gain == 0, np.nan, gain)  # results of no effect: no bound holds, none is needed
        ends = [(end - base) / gain - bias for end in (lo, hi)]
        return cls(np.minimum(*ends), np.maximum(*ends))

    def needed(self, wanted: Real, found: Real) -> Real:
        """What is needed (outputs, Cout) where results are `found` and others were `wanted`: what is found where both
        are beyond the same bound."""
        low, high = wanted <= self.lo, wanted >= self.hi
        return np.where(low, np.minimum(found, self.lo), np.where(high, np.maximum(found, self.hi), wanted))


def _sum_behind(graph: Graph, layer: Layer) -> tuple[ops.Add, str, bool] | None:
    """The sum that takes up the layer's result, the name of its other operand, and whether the result is the first."""
    if isinstance(layer.op, ops.ConvAdd):
        return layer.op.sum, layer.inputs[1].name, True
    (result,) = layer.outputs
    readers = [node for node in graph.nodes if any(info.name == result.name for info in node.inputs)]
    if len(readers) != 1 or not isinstance(readers[0].op, ops.Add):
        return None
    a, b = readers[0].inputs
    if a.name == b.name or a.shape != b.shape:
        return None
    is_first = a.name == result.name
    return readers[0].op, (b if is_first else a).name, is_first
