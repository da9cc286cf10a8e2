"""Patterns and sparse weights of any shape, for Hypothesis."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from nmcu import sparsity
from nmcu.sparsity import NMPattern, Support, mask

Shape = tuple[int, ...]
Case = tuple[np.ndarray, Support]


@st.composite
def patterns(draw: st.DrawFn, most_m: int = 32) -> NMPattern:
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


@st.composite
def of_patterns(draw: st.DrawFn) -> Case:
    """Weights pruned to a pattern, and its support."""
    weight, pattern = draw(weights())
    return weight, sparsity.of_pattern(weight, pattern)


@st.composite
def others(draw: st.DrawFn) -> Case:
    """Weights with zeros anywhere, long runs of them too, and a support per channel or of every single weight."""
    window = draw(st.sampled_from([(), (3, 3), (1, 2)]))
    shape = (draw(st.integers(1, 9)), *window, draw(st.integers(1, 400)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    share = draw(st.sampled_from([0.0, 0.01, 0.1, 1.0]))
    weight = (rng.integers(-128, 128, shape) * (rng.random(shape) < share)).astype(np.int8)
    group = draw(st.sampled_from([1, 2, 4]))
    made: Callable[[NDArray[Any]], Support] = draw(
        st.sampled_from(
            [
                lambda w: sparsity.unstructured(w, group),
                lambda w: sparsity.per_channel(w, 16, group),
                lambda w: sparsity.per_channel(w, 7, group),
            ]
        )
    )
    return weight, made(weight)


supports = st.one_of(of_patterns(), others())
