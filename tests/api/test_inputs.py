"""Inputs as people have them: one array, arrays by name, lists, tensors; what does not fit is one sentence."""

from typing import Any

import numpy as np
import pytest

import nmcu
from networks import conv_linear
from nmcu.api.inputs import arrays
from nmcu.errors import ModelError
from nmcu.graph import TensorInfo

IMAGE = np.random.default_rng(1).integers(0, 256, (1, 8, 8, 3), np.uint8)


def _arrays(value: Any, *infos: TensorInfo) -> dict[str, Any]:
    return arrays(infos or (TensorInfo("x", (1, 2), "float32"),), value)


@pytest.mark.parametrize("given", [IMAGE, {"image": IMAGE}, IMAGE.tolist()], ids=["array", "by name", "list"])
def test_a_model_of_one_input_takes_its_array(given: Any) -> None:
    report = nmcu.run(conv_linear(), given)
    assert report.bit_exact and np.array_equal(report.inputs["image"], IMAGE)


def test_a_torch_tensor_is_an_array() -> None:
    torch = pytest.importorskip("torch", reason="needs the extra train")
    assert _arrays(torch.ones(1, 2))["x"].dtype == np.float32
    with pytest.raises(ModelError, match=r"requires grad.*it needs float32 of shape \(1, 2\)"):
        _arrays(torch.ones(1, 2, requires_grad=True))


@pytest.mark.parametrize(
    ("dtype", "given", "kept"),
    [
        ("float32", [[0.5, 2]], "float32"),
        ("int8", [[-128, 127]], "int8"),
        ("uint8", [[-1, 0]], "int64"),
        ("int8", [[0.5, 1.0]], "float64"),
        ("int8", [[float("nan"), 1.0]], "float64"),
        ("float32", np.zeros((1, 2)), "float64"),
    ],
)
def test_lists_get_the_dtype_needed_where_it_keeps_their_values(dtype: str, given: Any, kept: str) -> None:
    assert _arrays(given, TensorInfo("x", (1, 2), dtype))["x"].dtype == kept


@pytest.mark.parametrize(
    "given",
    [IMAGE.astype(np.float32), IMAGE[0], IMAGE.astype(np.float32).tolist()[0], [[-1]], "image.png", object()],
    ids=["dtype", "shape", "list's shape", "out of range", "text", "object"],
)
def test_what_does_not_fit_is_told_with_what_is_needed(given: Any) -> None:
    with pytest.raises(ModelError, match=r"^input 'image' .*it needs uint8 of shape \(1, 8, 8, 3\)"):
        nmcu.run(conv_linear(), given)


def test_ragged_lists_are_told() -> None:
    with pytest.raises(ModelError, match=r"input 'x' cannot be read as an array .*it needs float32"):
        _arrays([[1], [2, 3]])


def test_names_and_number_of_inputs_are_checked() -> None:
    two = TensorInfo("a", (1, 2), "int8"), TensorInfo("b", (1, 3), "int8")
    with pytest.raises(ModelError, match=r"2 inputs, give arrays by name: 'a' \(int8 of shape \(1, 2\)\)"):
        _arrays(np.zeros((1, 2), np.int8), *two)
    with pytest.raises(ModelError, match=r"no input 'c'; there are: 'a', 'b'"):
        _arrays({"a": [[1, 2]], "c": [[1]]}, *two)
    with pytest.raises(ModelError, match="input 'image' is missing"):
        nmcu.run(conv_linear(), {})


def test_only_a_file_can_be_verified() -> None:
    with pytest.raises(ModelError, match="a Graph cannot be verified: give the path of the file"):
        nmcu.verify(conv_linear())  # type: ignore[arg-type]


@pytest.mark.parametrize("model", [42, None, np.zeros(3), object()])
@pytest.mark.parametrize("function", ["load", "inspect", "compile", "run", "prune", "explain"])
def test_what_is_no_model_is_one_sentence(function: str, model: Any) -> None:
    more = ("1:8",) if function == "prune" else ()
    with pytest.raises(ModelError, match=r"is no model: give the path of a \.tflite or \.onnx file"):
        getattr(nmcu, function)(model, *more)
