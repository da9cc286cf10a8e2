"""Sparse tensors of TFLite files, stored by LiteRT's own converter, are the dense ones."""

from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import format_converter_wrapper_pybind11 as litert_formats
from ai_edge_litert import schema_py_generated as schema

from frontend import litert
from nmcu import graph, operators, verification
from nmcu.bench.differential.tflite.model import TfliteModel
from nmcu.errors import ModelError
from nmcu.graph import Graph

DENSE, SPARSE = litert_formats.TF_LITE_DIM_DENSE, litert_formats.TF_LITE_DIM_SPARSE_CSR
FORMS = {
    "each weight": ([0, 1, 2, 3], [DENSE, DENSE, DENSE, SPARSE], [], []),
    "rows and weights": ([0, 1, 2, 3], [DENSE, SPARSE, DENSE, SPARSE], [], []),
    "transposed": ([3, 0, 1, 2], [DENSE, DENSE, SPARSE, SPARSE], [], []),
    "blocks of 4": ([0, 1, 2, 3, 4], [DENSE, DENSE, DENSE, SPARSE], [4], [3]),
    "blocks of 2x4": ([0, 1, 2, 3, 4, 5], [DENSE, DENSE, DENSE, SPARSE], [2, 4], [0, 3]),
}


def stored(tensor: Any, value: np.ndarray, form: tuple[Any, ...]) -> np.ndarray:
    """The values of a sparse tensor, whose table of sparsity `tensor` gets."""
    order, formats, sizes, blocks = form
    converter = litert_formats.FormatConverterFp32(list(value.shape), order, formats, sizes, blocks)
    assert converter.DenseToSparse(value.astype(np.float32)) == litert_formats.TF_LITE_OK
    pairs = converter.GetDimMetadata()
    tensor.sparsity = schema.SparsityParametersT()
    tensor.sparsity.traversalOrder, tensor.sparsity.blockMap = order, blocks
    tensor.sparsity.dimMetadata = []
    for segments, indices in zip(pairs[::2], pairs[1::2], strict=True):
        level = schema.DimensionMetadataT()
        if not indices:
            level.format, level.denseSize = schema.DimensionType.DENSE, segments[0]
        else:
            level.format = schema.DimensionType.SPARSE_CSR
            level.arraySegmentsType, level.arraySegments = _vector(segments)
            level.arrayIndicesType, level.arrayIndices = _vector(indices)
        tensor.sparsity.dimMetadata.append(level)
    return np.array(converter.GetData()).astype(np.int8)


def _vector(values: list[int]) -> tuple[int, Any]:
    """In the smallest of the schema's types."""
    kinds = schema.SparseIndexVector
    for most, kind, table in (
        (2**8, kinds.Uint8Vector, schema.Uint8VectorT),
        (2**16, kinds.Uint16Vector, schema.Uint16VectorT),
        (2**31, kinds.Int32Vector, schema.Int32VectorT),
    ):
        if max(values) < most:
            made = table()
            made.values = values
            return kind, made
    raise AssertionError


def convolution(form: tuple[Any, ...], damage: bool = False) -> tuple[bytes, np.ndarray]:
    """A convolution whose weights, a quarter of them not 0, are stored sparse in front of DENSIFY; and its weights."""
    m = TfliteModel()
    x, y = m.input(1, 6, 6, 16, zero=5), m.tensor(1, 6, 6, 8, scale=0.07, zero=-9)
    value = m.rng.integers(1, 128, (8, 3, 3, 16)).astype(np.int8)
    value[..., np.arange(16) // 4 != 2] = 0
    packed, weights = m.tensor(8, 3, 3, 16, scale=0.01, data=value), m.tensor(8, 3, 3, 16, scale=0.01)
    m.op("DENSIFY", [packed], [weights])
    options = {"Padding": 0, "StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    m.op("CONV_2D", [x, weights, m.bias(8, 0.0005)], [y], "Conv2DOptions", **options)
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(m.build(y), 0))
    tensor = model.subgraphs[0].tensors[packed]
    data = stored(tensor, value, form)
    model.buffers[tensor.buffer].data = data[: -1 if damage else None].view(np.uint8)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output()), value


@pytest.mark.parametrize("form", FORMS)
def test_sparse_weights_are_the_dense_ones(tmp_path: Path, form: str) -> None:
    data, value = convolution(FORMS[form])
    path = tmp_path / "m.tflite"
    path.write_bytes(data)
    loaded: Graph = operators.load(path)
    (layer,) = (layer for layer in loaded.layers if layer.kind == "conv")
    np.testing.assert_array_equal(layer.constants["weight"], value)
    feeds = graph.random_inputs(loaded, 0)
    assert verification.compare(loaded, litert.tensors(data, feeds)).faults == ()


def test_a_sparse_tensor_with_too_few_values_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(convolution(FORMS["blocks of 4"], damage=True)[0])
    with pytest.raises(ModelError, match="it stores 287 values and has indices for 288"):
        operators.load(path)
