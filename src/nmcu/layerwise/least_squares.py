"""Weights of a layer that come nearest to the dense layer's result, as a problem of least squares."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
DAMPING = 0.01
"""Of the mean square of an input, what holds a weight where it was: inputs that the samples do not tell apart would
else get weights without bounds."""
LEAST = 1e-12
"""Of such a mean square, for inputs that are always zero."""


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """The weights w (K,) of an output channel have the error `w left w - 2 aim w`, beside a constant: `left` (K, K) is
    the same for all channels, `aim` (K, Cout) has a column for each. The bias takes up the `mean` (K,) of the inputs,
    whatever the weights are, and the mean result of the dense layer (Cout,)."""

    left: Real
    aim: Real
    mean: Real
    result: Real

    @classmethod
    def of(cls, weight: Real, gram: Real, cross: Real | None = None) -> "LeastSquares":
        """For the result of a dense layer's `weight` (Cout, K).

        `gram` (K + 1, K + 1) is the sum over samples of x xᵀ, where x are the K inputs of an output and a one. Where
        the dense layer had other inputs d in the same samples, `cross` is the sum of x dᵀ.
        """
        cross = gram if cross is None else cross
        inputs, count = gram[:-1, :-1], gram[-1, -1]
        mean, before = gram[-1, :-1] / count, cross[-1, :-1] / count
        damping = DAMPING * max(float(np.trace(inputs)) / len(inputs), LEAST)
        left = inputs - count * np.outer(mean, mean) + damping * np.eye(len(inputs))
        aim = (cross[:-1, :-1] - count * np.outer(mean, before)) @ weight.T + damping * weight.T
        return cls(left, aim, mean, weight @ before)

    def with_results(self, inputs: Real, more: Real) -> "LeastSquares":
        """The same for results that are `more` (samples, Cout) greater in the samples of `inputs` (samples, K), which
        are those that it was made of."""
        return replace(
            self, aim=self.aim + (inputs - self.mean).T @ more, result=self.result + more.mean(axis=0)
        )

    def solved(self, kept: NDArray[np.bool_]) -> Real:
        """The best weights (Cout, K) at the places `kept` (Cout, K), zero elsewhere."""
        found = np.zeros(kept.shape)
        for places in np.unique(kept, axis=0):
            channels, (where,) = np.flatnonzero((kept == places).all(axis=1)), np.nonzero(places)
            if len(where):
                wanted = self.aim[np.ix_(where, channels)]
                found[np.ix_(channels, where)] = np.linalg.solve(self.left[np.ix_(where, where)], wanted).T
        return found

    def bias(self, weights: Real) -> Real:
        """What is to be added (Cout,) to the result of `weights` (Cout, K)."""
        return self.result - weights @ self.mean
