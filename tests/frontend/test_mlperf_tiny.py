"""The MLPerf Tiny networks: their size, and the same class as LiteRT's on CIFAR-10 images."""

import io
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from frontend import litert
from nmcu import graph, operators

MACS = {"resnet8_int8": 12_501_632, "kws_dscnn_int8": 2_656_768, "ad_autoencoder_int8": 264_192}


@pytest.mark.parametrize("name", MACS)
def test_macs(test_data: Path, name: str) -> None:
    model = operators.load(test_data / "mlperf_tiny" / f"{name}.tflite")
    assert sum(layer.macs for layer in model.layers) == MACS[name]


@pytest.mark.slow
def test_resnet8_gives_the_same_class_as_litert(test_data: Path) -> None:
    path = test_data / "mlperf_tiny" / "resnet8_int8.tflite"
    model = operators.load(path)
    rows = (
        pq.read_table(test_data / "cifar10" / "test.parquet", columns=["img"])
        .slice(0, 500)["img"]
        .to_pylist()
    )
    images = [np.asarray(Image.open(io.BytesIO(row["bytes"]))).astype(np.int16) - 128 for row in rows]
    (source,), (target,) = model.border.model_inputs, model.border.model_outputs
    data, same = path.read_bytes(), 0
    for image in images:
        feeds = {source.name: image[np.newaxis].astype(np.int8)}
        ours = graph.reference.run_model(model, feeds)[target.name]
        same += int(ours.argmax() == litert.output(model, litert.tensors(data, feeds), target.name).argmax())
    assert same >= 495
