"""Real functions that several readers turn into tables."""

import math

import numpy as np

from nmcu.graph.ops.table import Real

erf = np.vectorize(math.erf, otypes=[np.float64])


def gelu(x: Real) -> Real:
    """`x` times the normal distribution's share below `x`."""
    result: Real = 0.5 * x * (1.0 + erf(x / math.sqrt(2.0)))
    return result


def gelu_tanh(x: Real) -> Real:
    """GELU's usual approximation."""
    result: Real = 0.5 * x * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)))
    return result
