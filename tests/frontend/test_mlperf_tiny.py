"""The MLPerf Tiny networks: their size, and the same class as LiteRT's on CIFAR-10 images."""

import io
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from nmcu import graph, operators

MACS = {"resnet8_int8": 12_501_632, "kws_dscnn_int8": 2_656_768, "ad_autoencoder_int8": 264_192}


@pytest.mark.parametrize("name", MACS)
def test_macs(test_data: Path, name: str) -> None:
    model = operators.load(test_data / "mlperf_tiny" / f"{name}.tflite")
    assert sum(layer.macs for layer in model.layers) == MACS[name]


@pytest.mark.slow
def test_resnet8_gives_the_same_class_as_litert(test_data: Path) -> None:
    """As users run it, with XNNPACK; its other two sets of kernels agree with that on fewer images than we do."""
    path = test_data / "mlperf_tiny" / "resnet8_int8.tflite"
    model = operators.load(path)
    rows = (
        pq.read_table(test_data / "cifar10" / "test.parquet", columns=["img"])
        .slice(0, 500)["img"]
        .to_pylist()
    )
    images = [np.asarray(Image.open(io.BytesIO(row["bytes"]))).astype(np.int16) - 128 for row in rows]
    (source,), (target,) = model.border.model_inputs, model.border.model_outputs
    runtime, same = Interpreter(model_path=str(path)), 0
    runtime.allocate_tensors()
    (theirs_in,), (theirs_out,) = runtime.get_input_details(), runtime.get_output_details()
    for image in images:
        codes = image[np.newaxis].astype(np.int8)
        runtime.set_tensor(theirs_in["index"], codes)
        runtime.invoke()
        ours = graph.reference.run_model(model, {source.name: codes})[target.name]
        same += int(ours.argmax() == runtime.get_tensor(theirs_out["index"]).argmax())
    assert same >= 495
