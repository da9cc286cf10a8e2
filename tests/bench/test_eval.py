"""The speed of evaluation."""

from pathlib import Path

import pytest

from networks import conv, conv_linear
from nmcu.bench.eval import eval_speed
from nmcu.errors import ModelError
from nmcu.operators import save


def test_images_are_made_for_the_model(tmp_path: Path) -> None:
    save(conv_linear(), tmp_path / "model.onnx")
    speed = eval_speed(tmp_path / "model.onnx", images=10)
    assert speed.images == 10 and speed.images_per_second > 0
    assert speed.to_json()["model"] == "model.onnx"


def test_a_model_without_images_is_refused(tmp_path: Path) -> None:
    save(conv(4, 8), tmp_path / "model.onnx")
    with pytest.raises(ModelError, match=r"model\.onnx takes no images: one input of"):
        eval_speed(tmp_path / "model.onnx", images=1)
