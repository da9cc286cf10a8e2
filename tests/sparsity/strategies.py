"""Patterns and sparse weights of any shape, for Hypothesis."""

import numpy as np
from hypothesis import strategies as st

from nmcu.sparsity import NMPattern, mask

Shape = tuple[int, ...]


@st.composite
def patterns(draw: st.DrawFn, most_m: int = 16) -> NMPattern:
    m = draw(st.integers(2, most_m))
    return NMPattern(draw(st.integers(1, m - 1)), m, draw(st.sampled_from([1, 2, 3, 4])))


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """(Cout, Cin) or (Cout, KH, KW, Cin), short blocks and incomplete groups included."""
    window = draw(st.sampled_from([(), (1, 1), (3, 3), (1, 2)]))
    return (draw(st.integers(1, 9)), *window, draw(st.integers(1, 40)))


@st.composite
def weights(draw: st.DrawFn, of: st.SearchStrategy[NMPattern] | None = None) -> tuple[np.ndarray, NMPattern]:
    """int8 weights for which a pattern holds, many of its places zero too, and the pattern."""
    pattern, shape = draw(patterns() if of is None else of), draw(shapes())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dense = rng.integers(-128, 128, shape) * (rng.random(shape) < draw(st.sampled_from([0.0, 0.3, 1.0])))
    return (dense * mask(dense, pattern)).astype(np.int8), pattern
