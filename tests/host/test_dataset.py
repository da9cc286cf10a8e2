"""What `nmcu eval` sees of an image file."""

import io

import numpy as np
import pytest
from PIL import Image

from nmcu.errors import NmcuError
from nmcu.host.dataset import Sample


def sample(image: Image.Image, form: str) -> Sample:
    data = io.BytesIO()
    image.save(data, form)
    return Sample(data.getvalue(), 0, "this")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_grey_of_sixteen_bits(channels: int, form: str) -> None:
    values = np.array([[0, 128, 129, 257, 514], [600, 32767, 32896, 65406, 65535]], np.uint16)
    pixels = sample(Image.fromarray(values), form).pixels(channels)
    wanted = np.array([[0, 0, 1, 1, 2], [2, 127, 128, 254, 255]], np.uint8)
    np.testing.assert_array_equal(pixels, np.stack([wanted] * channels, axis=-1))


@pytest.mark.parametrize("channels", [1, 3])
def test_grey_of_eight_bits(channels: int) -> None:
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    pixels = sample(Image.fromarray(values), "PNG").pixels(channels)
    np.testing.assert_array_equal(pixels, np.stack([values] * channels, axis=-1))


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_thirty_two_bits_are_refused(dtype: type[np.generic]) -> None:
    with pytest.raises(NmcuError, match="this has pixels of 32 bits; supported: 8 and 16 bits"):
        sample(Image.fromarray(np.ones((2, 2), dtype)), "TIFF").pixels(1)
