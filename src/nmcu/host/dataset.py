"""Images, labelled or not, from a Parquet file or a folder."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nmcu.errors import NmcuError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
MAX_PIXELS = 1 << 24
NO_LABEL = -1
"""Of an image whose class the data do not say."""


@dataclass(frozen=True, eq=False)
class Sample:
    """An image file's content, its class, and where it comes from."""

    data: bytes
    label: int
    origin: str

    def pixels(self, channels: int) -> NDArray[np.uint8]:
        """The image as (height, width, channels); 1 channel is grey, 3 are RGB. Raises `NmcuError`."""
        from PIL import Image  # late: only evaluation reads images

        try:
            with Image.open(io.BytesIO(self.data)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise NmcuError(
                        f"{self.origin} has {image.width} x {image.height} pixels: that is too many"
                    )
                if image.mode.startswith("I;16"):
                    # Pillow's own conversion saturates at 255 instead of taking 65535 for white.
                    grey = ((np.asarray(image).astype(np.int32) + 128) // 257).astype(np.uint8)
                    array = grey if channels == 1 else np.stack([grey] * 3, axis=-1)
                elif image.mode in ("I", "F"):
                    raise NmcuError(f"{self.origin} has pixels of 32 bits; supported: 8 and 16 bits")
                else:
                    array = np.asarray(image.convert("L" if channels == 1 else "RGB"))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise NmcuError(f"{self.origin} is not an image that can be read") from error
        return array.reshape(*array.shape[:2], channels)


def images(path: Path, limit: int | None = None, *, labelled: bool = True) -> Iterator[Sample]:
    """The images at `path`, at most `limit`.

    A Parquet file has one column of images (binary, or a struct with a field `bytes`) and one integer column
    `label`; a folder has one folder of image files per class, classes numbered in alphabetical order. Unless they must
    be `labelled`, the column may be missing, and a folder may hold the image files themselves: their label is
    `NO_LABEL`. Raises `NmcuError` for anything else.
    """
    found = _from_folder(path, labelled) if path.is_dir() else _from_parquet(path, labelled)
    return islice(found, limit)


def _from_folder(folder: Path, labelled: bool) -> Iterator[Sample]:
    classes = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    files = [(n, f) for n, c in enumerate(classes) for f in _images_in(c)]
    if not files and not labelled:
        files = [(NO_LABEL, file) for file in _images_in(folder)]
    if not files:
        tables = sorted(folder.glob("*.parquet"))
        instead = (
            f"name a Parquet file itself ({tables[0].name})" if tables else "one for each class is needed"
        )
        raise NmcuError(f"{folder} has no folders of images: {instead}")
    for label, file in files:
        yield Sample(file.read_bytes(), label, str(file))


def _images_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)


def _from_parquet(path: Path, labelled: bool) -> Iterator[Sample]:
    from nmcu.host import parquet  # late: it brings pyarrow, which takes long and only evaluation needs

    for data, label, row in parquet.rows(path, labelled):
        yield Sample(data, NO_LABEL if label is None else label, f"row {row} of {path.name}")
