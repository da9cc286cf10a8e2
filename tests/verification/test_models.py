"""Every layer of the public models against LiteRT's reference kernels, fed their own tensors."""

from pathlib import Path

import pytest

from nmcu import frontend, operators, verification

MODELS = {
    "mlperf_tiny/ad_autoencoder_int8": 12,
    "mlperf_tiny/kws_dscnn_int8": 15,
    "mlperf_tiny/resnet8_int8": 18,
    "models/arrhythmia_int8": 89,
    "models/har_int8": 19,
    "models/kws_on_off_int8": 109,
    "models/mobilenet_edgetpu_int8": 81,
    "models/mobilenet_v2_160_035_int8": 70,
    "models/mobilenet_v2_224_int8": 70,
    "models/person_hps_74_int8": 57,
    "models/vww_mcunet_int8": 59,
}
"""And how many tensors of the file are compared: none may fall out of the comparison in silence."""
WORK = 50e6


@pytest.mark.parametrize("name", MODELS)
def test_every_layer_is_within_one_step_of_litert(test_data: Path, name: str) -> None:
    data = frontend.whole(test_data / f"{name}.tflite")
    found = verification.verify(data, operators.parse(data, name), work=WORK)
    assert found.checked
    assert found.fault is None
    assert found.steps <= 1
    assert len(found.layers) == MODELS[name]
