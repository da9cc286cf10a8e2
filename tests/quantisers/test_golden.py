"""What every quantiser makes of one small pruned network is read, agrees with its runtime, and keeps its zeros."""

import contextlib
import random
from pathlib import Path

import onnx
import pytest

from frontend import mutate
from nmcu import graph, operators, verification
from nmcu.errors import ModelError
from nmcu.frontend.load import whole
from quantisers import features
from quantisers.catalogue import FILES, GOLDEN, Golden

DOCUMENT = Path(__file__).parents[2] / "docs" / "quantising.md"
JUDGE = verification.Judge()


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.file)
def test_every_layer_agrees_with_the_runtime(golden: Golden) -> None:
    path = features.path(golden)
    loaded, data = operators.load(path), whole(path)
    examiner = verification.Examiner(data, loaded, JUDGE)
    for seed in range(3):
        found = examiner.examine(graph.random_inputs(loaded, seed))
        assert [str(fault) for fault in found.faults] == []
    kinds = {layer.kind for layer in loaded.layers}
    assert kinds >= {"conv", "depthwise"} and kinds & {"add", "conv+add"}
    assert features.follows(loaded), "the quantiser, or the reader, moved zeros"


def test_the_document_has_the_table() -> None:
    """`python -m quantisers.features` in `tests` prints both parts."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert features.table() in text
    assert features.dialects() in text


def test_every_file_is_in_the_catalogue() -> None:
    assert {path.name for path in FILES.iterdir()} == {f"{golden.file}.xz" for golden in GOLDEN}


@pytest.mark.parametrize("file", ["onnxruntime_qoperator_s8s8.onnx", "nncf.onnx", "modelopt.onnx"])
def test_mutated_files_are_read_or_refused(file: str) -> None:
    """What is rewritten before reading does not trust the file either."""
    (golden,) = (golden for golden in GOLDEN if golden.file == file)
    for seed in range(12):
        model = onnx.load_model_from_string(whole(features.path(golden)))
        mutate.of_structure(model, random.Random(seed))
        with contextlib.suppress(ModelError):
            operators.parse(model.SerializeToString(), "mutated")
