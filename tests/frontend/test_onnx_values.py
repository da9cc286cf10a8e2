"""Small QDQ models whose outputs, element by element, are those of ONNX Runtime: what reading must not change."""

from pathlib import Path

import numpy as np
import pytest

from frontend import ort

SCALE = 0.05


def agrees(path: Path, tolerance: float = 1.001) -> None:
    """Every output within `tolerance` steps of ONNX Runtime's for three inputs."""
    for feed in ort.feeds(path, 3):
        wide = {name: value * 3 for name, value in feed.items()}
        assert {k: v for k, v in ort.output_steps(path, wide).items() if v > tolerance} == {}


@pytest.mark.parametrize("size", [(5, 5, 5), (1, 4, 4), (4, 4, 1)])
def test_one_map_in_several_orders_of_the_same_shape(tmp_path: Path, size: tuple[int, int, int]) -> None:
    m = ort.FloatModel(1, *size)
    x = m.pair("input", SCALE, 3)
    perms = ((0, 1, 3, 2), (0, 3, 2, 1), (0, 2, 1, 3), (0, 2, 3, 1), (0, 3, 1, 2))
    same = [p for p in perms if tuple((1, *size)[a] for a in p) == (1, *size)]
    turned = [m.node("Transpose", x, perm=p) for p in same]
    m.pair(m.node("Concat", x, *turned, axis=1), SCALE, 3)
    agrees(m.save(tmp_path / "m.onnx"))


@pytest.mark.parametrize("rank", [2, 3, 4])
def test_linear_layers_over_two_axes_of_one_square(tmp_path: Path, rank: int) -> None:
    m = ort.FloatModel(*([1, 3, 6, 6] if rank == 4 else [1, 6, 6])[-rank:])
    x = m.pair("input", SCALE)
    turned = m.node("Transpose", x, perm=[*range(rank - 2), rank - 1, rank - 2])
    rows, columns = (m.pair(m.node("MatMul", v, m.integers(6, 6)), 0.2) for v in (x, turned))
    flat = [m.constant(np.array([1, -1]))]
    third = m.node("MatMul", m.node("Reshape", turned, *flat), m.integers(108 if rank == 4 else 36, 5))
    third = m.pair(third, 0.5)
    agrees(m.save(tmp_path / "m.onnx", rows, columns, third))
