"""TFLite operators that move, reduce, divide and multiply tensors against LiteRT, and what they become."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from frontend.test_tflite_operators import VALID, checked
from nmcu import operators
from nmcu.bench.differential.tflite.model import TfliteModel

Shape = tuple[int, ...]
Ints = int | list[Any]

MOVES: dict[str, tuple[str, Shape, Shape, list[Ints], str, dict[str, Any], list[str]]] = {
    "list of indices": (
        *("GATHER", (1, 5, 6, 4), (1, 5, 3, 4), [[5, 0, 5]], "GatherOptions", {"Axis": 2}),
        ["gather"],
    ),
    "one index": (
        *("GATHER", (1, 5, 6), (1, 6), [3], "GatherOptions", {"Axis": -2}),
        ["reshape", "slice", "reshape"],
    ),
    "rows by index": (
        *("GATHER_ND", (1, 5, 6), (3, 6), [[[0, 3], [0, 1], [0, 4]]], "GatherNdOptions", {}),
        ["gather"],
    ),
    "tile": (
        *("TILE", (1, 5, 6, 4), (1, 10, 6, 12), [[1, 2, 1, 3]], "TileOptions", {}),
        ["reshape", "slice", "reshape"],
    ),
    "broadcast": ("BROADCAST_TO", (1, 1, 6, 1), (1, 5, 6, 4), [[1, 5, 6, 4]], "", {}, ["slice"]),
    "reflect": (
        *("MIRROR_PAD", (1, 5, 6, 4), (1, 8, 9, 4), [[[0, 0], [1, 2], [3, 0], [0, 0]]]),
        *("MirrorPadOptions", {"Mode": 0}, ["gather", "gather"]),
    ),
    "symmetric": (
        *("MIRROR_PAD", (1, 5, 6, 4), (1, 13, 6, 5), [[[0, 0], [3, 5], [0, 0], [0, 1]]]),
        *("MirrorPadOptions", {"Mode": 1}, ["gather", "gather"]),
    ),
    "backwards": ("REVERSE_V2", (1, 5, 6, 4), (1, 5, 6, 4), [[-1, -2]], "", {}, ["slice"]),
    "backwards by two": (
        *("STRIDED_SLICE", (1, 5, 6, 4), (1, 3, 6, 4), [[0, -1, 0, 0], [1, -6, 6, 4], [1, -2, 1, 1]]),
        *("StridedSliceOptions", {}, ["slice"]),
    ),
    "ellipsis and a new axis": (
        *("STRIDED_SLICE", (1, 5, 6, 4), (1, 5, 6, 1, 2), [[0, 0, 0], [1, 0, 2], [1, 1, 1]]),
        *("StridedSliceOptions", {"EllipsisMask": 1, "NewAxisMask": 2}, ["slice", "reshape"]),
    ),
    "blocks to channels": (
        *("SPACE_TO_DEPTH", (1, 4, 6, 4), (1, 2, 3, 16), [], "SpaceToDepthOptions", {"BlockSize": 2}),
        ["reshape", "reshape", "transpose", "reshape", "reshape"],
    ),
    "channels to blocks": (
        *("DEPTH_TO_SPACE", (1, 4, 6, 8), (1, 8, 12, 2), [], "DepthToSpaceOptions", {"BlockSize": 2}),
        ["reshape", "reshape", "transpose", "reshape", "reshape"],
    ),
}


def ints(m: TfliteModel, values: Ints) -> int:
    data = np.array(values, np.int32)
    return m.tensor(*data.shape, scale=None, data=data, dtype="int32")


@pytest.mark.parametrize("case", MOVES)
def test_moves(tmp_path: Path, case: str) -> None:
    code, old, new, lists, options, fields, kinds = MOVES[case]
    m = TfliteModel()
    x, y = m.input(*old), m.tensor(*new)
    m.op(code, [x, *(ints(m, values) for values in lists)], [y], options, **fields)
    assert [layer.kind for layer in checked(tmp_path, m, y, tolerance=0).layers] == kinds


@pytest.mark.parametrize("axes", [[1, 2], [1, 3], [-1], [0, 1, 2, 3], [2]], ids=str)
@pytest.mark.parametrize("code", ["MEAN", "REDUCE_MAX", "REDUCE_MIN"])
def test_reductions_over_any_axes(tmp_path: Path, code: str, axes: list[int]) -> None:
    m = TfliteModel()
    shape = [1 if a in axes or a - 4 in axes else d for a, d in enumerate((1, 5, 6, 4))]
    x, y = m.input(1, 5, 6, 4, zero=3), m.tensor(*shape, zero=3)
    m.op(code, [x, m.ints(*axes)], [y], "ReducerOptions", KeepDims=True)
    checked(tmp_path, m, y, tolerance=int(code == "MEAN"))


def test_sum_is_that_of_real_numbers() -> None:
    """LiteRT 2.3's reference kernel of SUM wraps around: by hand."""
    m = TfliteModel()
    x, y = m.input(1, 2, 3, 1, scale=0.5, zero=3), m.tensor(1, 1, scale=0.25, zero=-100)
    m.op("SUM", [x, m.ints(1, 2)], [y], "ReducerOptions")
    (layer,) = [each for each in operators.parse(m.build(y), "m.tflite").layers if each.kind == "avgpool"]
    codes = np.array([13, -7, 3, 23, 3, 8], np.int8).reshape(layer.inputs[0].shape)
    (found,) = layer.op.reference([codes], layer.constants)
    assert found.reshape(-1).tolist() == [2 * (10 - 10 + 0 + 20 + 0 + 5) - 100]


@pytest.mark.parametrize("turns", [(False, False), (False, True), (True, False), (True, True)], ids=str)
@pytest.mark.parametrize("batches", [(1, 1), (3, 3), (3, 1)], ids=str)
@pytest.mark.parametrize("constant", [False, True])
def test_batch_matmul(
    tmp_path: Path, turns: tuple[bool, bool], batches: tuple[int, int], constant: bool
) -> None:
    m = TfliteModel()
    size_a, size_b = ((7, 5) if turns[0] else (5, 7)), ((6, 7) if turns[1] else (7, 6))
    a = m.input(1, batches[0], *size_a, zero=7)
    b = m.weights(1, batches[1], *size_b) if constant else m.input(1, batches[1], *size_b, zero=-7)
    y = m.tensor(1, batches[0], 5, 6, scale=0.02 if constant else 0.1, zero=1)
    m.op("BATCH_MATMUL", [a, b], [y], "BatchMatMulOptions", AdjX=turns[0], AdjY=turns[1])
    kinds = [layer.kind for layer in checked(tmp_path, m, y).layers]
    assert ("linear" in kinds) == (constant and batches[1] == 1)


@pytest.mark.parametrize("crop", [0, 2])
@pytest.mark.parametrize("code", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_batches_around_a_convolution_are_its_dilation(tmp_path: Path, code: str, crop: int) -> None:
    """What BATCH_TO_SPACE_ND crops is padding that SPACE_TO_BATCH_ND added for whole blocks."""
    m = TfliteModel()
    size = 9 - crop
    x, spread = m.input(1, size, size, 4, zero=5), m.tensor(9, 5, 5, 4, zero=5)
    pads = [3, 3 + crop]
    m.op("SPACE_TO_BATCH_ND", [x, m.ints(3, 3), ints(m, [pads, pads])], [spread])
    weights = m.weights(4, 3, 3, 4) if code == "CONV_2D" else m.weights(1, 3, 3, 4, axis=3)
    made, y = m.tensor(9, 3, 3, 4, scale=0.07, zero=-9), m.tensor(1, size, size, 4, scale=0.07, zero=-9)
    options = {"Padding": VALID, "StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    table = "Conv2DOptions" if code == "CONV_2D" else "DepthwiseConv2DOptions"
    options |= {} if code == "CONV_2D" else {"DepthMultiplier": 1}
    m.op(code, [spread, weights, m.bias(4, 0.0005)], [made], table, **options)
    m.op("BATCH_TO_SPACE_ND", [made, m.ints(3, 3), ints(m, [[0, crop], [0, crop]])], [y])
    (layer,) = checked(tmp_path, m, y).layers
    assert layer.kind == ("conv" if code == "CONV_2D" else "depthwise")
    assert (layer.op.dilations, layer.op.pads) == ((3, 3), (3, 3, 3, 3))


def test_a_shape_that_is_computed_is_a_constant(tmp_path: Path) -> None:
    """As Keras writes Flatten: SHAPE, STRIDED_SLICE, PACK, RESHAPE."""
    m = TfliteModel()
    x, y = m.input(1, 3, 4, 2), m.tensor(1, 24)
    shapes: tuple[Shape, ...] = ((4,), (), (2,))
    whole, first, packed = (m.tensor(*s, scale=None, dtype="int32") for s in shapes)
    m.op("SHAPE", [x], [whole], "ShapeOptions", OutType=2)
    lists = [m.ints(i) for i in (0, 1, 1)]
    m.op("STRIDED_SLICE", [whole, *lists], [first], "StridedSliceOptions", ShrinkAxisMask=1)
    m.op("PACK", [first, ints(m, -1)], [packed], "PackOptions", ValuesCount=2)
    m.op("RESHAPE", [x, packed], [y], "ReshapeOptions")
    assert [layer.kind for layer in checked(tmp_path, m, y, tolerance=0).layers] == ["reshape"]


def test_an_operator_without_options_has_the_defaults_of_the_schema(tmp_path: Path) -> None:
    m = TfliteModel()
    a, b, y = m.input(1, 10), m.input(1, 10, zero=4), m.tensor(1, 10, scale=0.1, zero=-12)
    m.op("ADD", [a, b], [y])
    checked(tmp_path, m, y)


def test_division_by_a_constant_is_a_table() -> None:
    """LiteRT 2.3 answers full scale for small quotients (findings/litert_div_full_scale.sh): by hand."""
    m = TfliteModel()
    x, y = m.input(1, 4, scale=0.5, zero=-3), m.tensor(1, 4, scale=0.25, zero=5)
    by = m.tensor(1, scale=1.0, data=np.array([4], np.int8))
    m.op("DIV", [x, by], [y], "DivOptions")
    (layer,) = operators.parse(m.build(y), "m.tflite").layers
    (found,) = layer.op.reference([np.array([[-3, 1, 5, -11]], np.int8)], layer.constants)
    assert (layer.kind, found.tolist()) == ("div", [[5, 7, 9, 1]])


@pytest.mark.parametrize("constant", [None, 1, 6])
def test_squared_difference(tmp_path: Path, constant: int | None) -> None:
    m = TfliteModel()
    x, y = m.input(1, 4, 5, 6, zero=7), m.tensor(1, 4, 5, 6, scale=0.1, zero=-90)
    other = m.input(1, 4, 5, 6, scale=0.04, zero=-3) if constant is None else m.weights(constant)
    m.op("SQUARED_DIFFERENCE", [x, other], [y], "SquaredDifferenceOptions")
    checked(tmp_path, m, y)


@pytest.mark.parametrize("shape", [(1, 4, 5, 6), (3, 100)], ids=str)
def test_l2_normalization(tmp_path: Path, shape: Shape) -> None:
    m = TfliteModel()
    x, y = m.input(*shape, zero=7), m.tensor(*shape, scale=1 / 128, zero=0)
    m.op("L2_NORMALIZATION", [x], [y], "L2NormOptions")
    checked(tmp_path, m, y)


@pytest.mark.parametrize("code", ["ARG_MAX", "ARG_MIN"])
def test_index_along_any_axis(tmp_path: Path, code: str) -> None:
    m = TfliteModel()
    x, y = m.input(1, 4, 5, 6), m.tensor(1, 5, 6, scale=None, dtype="int32")
    m.op(code, [x, m.ints(1)], [y], "ArgMaxOptions" if code == "ARG_MAX" else "ArgMinOptions", OutputType=2)
    checked(tmp_path, m, y, tolerance=0)


def test_softmax_with_another_beta(tmp_path: Path) -> None:
    m = TfliteModel()
    x, y = m.input(1, 10, zero=7), m.tensor(1, 10, scale=1 / 256, zero=-128)
    m.op("SOFTMAX", [x], [y], "SoftmaxOptions", Beta=0.5)
    checked(tmp_path, m, y)
