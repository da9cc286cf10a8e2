"""What networks are compared on."""

from pathlib import Path

import numpy as np
import pytest

from networks import conv_linear
from nmcu import graph
from nmcu.errors import NmcuError
from nmcu.verification import from_npz
from nmcu.verification.inputs import FEWEST, budgeted, inputs


def test_inputs_are_extremes_ties_and_more_and_the_users_come_first() -> None:
    model = conv_linear()
    (info,) = model.border.model_inputs
    mine = graph.random_inputs(model, 7)
    found = list(inputs(model, 12, [mine]))
    assert found[0].feed is mine
    assert len(found) == 12
    assert {each.what for each in found} >= {"all lowest", "all highest", "zeros", "out of range", "sample 1"}
    assert all(each.feed[info.name].shape == info.shape for each in found)
    assert all(str(each.feed[info.name].dtype) == info.dtype for each in found)
    again = list(inputs(model, 12, [mine]))
    assert all(
        np.array_equal(a.feed[info.name], b.feed[info.name]) for a, b in zip(found, again, strict=True)
    )


def test_large_networks_get_fewer_inputs() -> None:
    assert budgeted(conv_linear(), 1e9) == 20
    assert budgeted(conv_linear(), 1.0) == FEWEST


def test_arrays_of_a_file_with_and_without_samples(tmp_path: Path) -> None:
    model = conv_linear()
    (info,) = model.border.model_inputs
    one = graph.random_inputs(model, 1)[info.name]
    np.savez(tmp_path / "one.npz", **{info.name: one})
    np.savez(tmp_path / "three.npz", **{info.name: np.stack([one, one, one])})
    assert [np.array_equal(f[info.name], one) for f in from_npz(model, tmp_path / "one.npz")] == [True]
    assert len(from_npz(model, tmp_path / "three.npz")) == 3


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"other": np.zeros(3)}, "has the arrays 'other'; the model's inputs are"),
        ({"name": np.zeros(3)}, "is float64 of shape"),
        ({"name": np.array([{}], object)}, "'image' holds Python objects; supported: numbers"),
        ({}, r"has the arrays \(none\); the model's inputs are"),
    ],
)
def test_files_that_do_not_fit_are_one_sentence(
    tmp_path: Path, arrays: dict[str, np.ndarray], sentence: str
) -> None:
    model = conv_linear()
    (info,) = model.border.model_inputs
    named = {info.name if key == "name" else key: array for key, array in arrays.items()}
    np.savez(tmp_path / "x.npz", **named)
    with pytest.raises(NmcuError, match=sentence):
        from_npz(model, tmp_path / "x.npz")


def test_what_is_no_archive_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(b"PK\3\4 and nothing more")
    with pytest.raises(NmcuError, match="cannot read the inputs"):
        from_npz(conv_linear(), tmp_path / "x.npz")
    with pytest.raises(NmcuError, match="No such file"):
        from_npz(conv_linear(), tmp_path / "none.npz")
