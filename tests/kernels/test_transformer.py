"""Layer normalisation and the products of attention."""

from dataclasses import replace

import numpy as np
import pytest

from nmcu import testing
from nmcu.graph import Layer, TensorInfo, ops


def scores_layer(
    tokens: int,
    keys: int,
    heads: int,
    size: int,
    *,
    extra: int = 0,
    zeros: tuple[int, int, int] = (3, -5, 7),
    scale: float = 0.02,
) -> Layer:
    q = TensorInfo("q", (tokens, heads * size + extra), "int8", 0.05, zeros[0])
    k = TensorInfo("k", (keys, heads * size + 2 * extra), "int8", 0.03, zeros[1])
    y = TensorInfo("y", (), "int8", scale * size**0.5, zeros[2])
    op, constants = ops.AttentionScores.build(
        "layer", q, k, y, heads=heads, head_size=size, q_offset=extra, k_offset=extra, gain=size**-0.5
    )
    return testing.one_layer(op, constants, [q, k], [y])


def values_layer(
    tokens: int,
    keys: int,
    heads: int,
    size: int,
    *,
    extra: int = 0,
    zeros: tuple[int, int, int] = (-128, -5, 7),
    scale: float = 0.03,
) -> Layer:
    p = TensorInfo("p", (heads * tokens, keys), "int8", 1 / 256, zeros[0])
    v = TensorInfo("v", (keys, heads * size + extra), "int8", 0.03, zeros[1])
    y = TensorInfo("y", (), "int8", scale * keys, zeros[2])
    op, constants = ops.AttentionValues.build("layer", p, v, y, heads=heads, head_size=size, v_offset=extra)
    return testing.one_layer(op, constants, [p, v], [y])


def norm_layer(shape: tuple[int, ...], *, scale: float = 0.05, y_scale: float = 0.03) -> Layer:
    rng = np.random.default_rng(0)
    x = TensorInfo("x", shape, "int8", scale, 9)
    y = TensorInfo("y", (), "int8", y_scale, -11)
    gamma, beta = rng.normal(1, 0.4, shape[-1]), rng.normal(0, 0.4, shape[-1])
    op, constants = ops.LayerNorm.build("layer", x, y, gamma, beta, 1e-6)
    return testing.one_layer(op, constants, [x], [y])


SIZES = [
    (5, 5, 2, 8),
    (1, 1, 1, 1),
    (7, 9, 3, 6),
    (65, 65, 2, 16),
    (4, 130, 1, 33),
    (66, 3, 2, 20),
    (19, 70, 2, 64),
]
ZEROS = [(3, -5, 7), (9, 0, 7), (0, -5, 7), (0, 0, 0)]
"""Accumulators start with rows' sums, with those of outputs, with both, with nothing."""


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("zeros", [(3, -5, 7), (0, 0, 0), (-128, 127, -128)])
def test_scores_equal_reference(sizes: tuple[int, int, int, int], zeros: tuple[int, int, int]) -> None:
    testing.check_host(scores_layer(*sizes, extra=3, zeros=zeros))


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("zeros", [(-128, -5, 7), (0, 0, 0), (127, 127, -128)])
def test_values_equal_reference(sizes: tuple[int, int, int, int], zeros: tuple[int, int, int]) -> None:
    testing.check_host(values_layer(*sizes, extra=5, zeros=zeros))


@pytest.mark.parametrize("isa", ["xcv", "gmac", "rv32"])
@pytest.mark.parametrize(
    ("size", "scale", "form"), [(4, 0.01, "narrow"), (64, 0.01, "mixed"), (1024, 3.0, "wide")]
)
def test_products_requantise_in_every_form(size: int, scale: float, form: str, isa: str) -> None:
    layer = scores_layer(6, 7, 2, size, scale=scale)
    assert layer.op.form == form
    testing.check_host(layer)
    testing.check_simulated(layer, isa, most=1)


@pytest.mark.parametrize("zeros", ZEROS, ids=str)
@pytest.mark.parametrize("isa", ["xcv", "gmac"])
@pytest.mark.parametrize("size", [4, 20, 64])
def test_products_start_from_any_zero_points(zeros: tuple[int, int, int], size: int, isa: str) -> None:
    testing.check_simulated(scores_layer(11, 9, 2, size, zeros=zeros), isa, most=1)


@pytest.mark.parametrize("scale", [0.01, 3.0])
@pytest.mark.parametrize("size", [4, 1024])
@pytest.mark.parametrize("isa", ["xcv", "gmac"])
def test_products_are_limited(size: int, scale: float, isa: str) -> None:
    layer = scores_layer(6, 7, 2, size, scale=scale)
    layer = testing.one_layer(replace(layer.op, lo=-9, hi=20), {}, layer.inputs, layer.outputs)
    testing.check_host(layer)
    testing.check_simulated(layer, isa, most=1)


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (9, 64), (3, 2, 37), (2, 2048)], ids=str)
def test_layer_norm_equals_reference(shape: tuple[int, ...]) -> None:
    testing.check_host(norm_layer(shape))
    testing.check_host(norm_layer(shape, scale=1e-4, y_scale=0.2))


@pytest.mark.parametrize(
    ("sizes", "isa"),
    [
        *((sizes, isa) for isa in ("xcv", "gmac") for sizes in SIZES[1:]),
        *((sizes, "rv32") for sizes in SIZES[1:4]),
    ],
    ids=str,
)
def test_products_run_on_eight_cores(sizes: tuple[int, int, int, int], isa: str) -> None:
    testing.check_simulated(scores_layer(*sizes, extra=3), isa, most=2)
    testing.check_simulated(values_layer(*sizes, extra=5), isa, most=2)


@pytest.mark.parametrize("isa", ["xcv", "rv32"])
@pytest.mark.parametrize("shape", [(9, 64), (3, 37), (1, 3), (4, 6), (25, 130)], ids=str)
def test_layer_norm_runs_on_eight_cores(shape: tuple[int, ...], isa: str) -> None:
    testing.check_simulated(norm_layer(shape), isa, most=2)


def test_runs_on_one_core() -> None:
    for layer in (scores_layer(7, 9, 3, 6), values_layer(7, 9, 3, 6), norm_layer((5, 12))):
        testing.check_simulated(layer, "xcv", most=1, target="cv32e40p")
