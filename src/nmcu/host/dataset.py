"""Labelled images from a Parquet file or a folder of folders."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from nmcu.errors import NmcuError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
MAX_PIXELS = 1 << 24
BATCH = 256


@dataclass(frozen=True, eq=False)
class Sample:
    """An image file's content, its class, and where it comes from."""

    data: bytes
    label: int
    origin: str

    def pixels(self, channels: int) -> NDArray[np.uint8]:
        """The image as (height, width, channels); 1 channel is grey, 3 are RGB. Raises `NmcuError`."""
        try:
            with Image.open(io.BytesIO(self.data)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise NmcuError(
                        f"{self.origin} has {image.width} x {image.height} pixels: that is too many"
                    )
                array = np.asarray(image.convert("L" if channels == 1 else "RGB"))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise NmcuError(f"{self.origin} is not an image that can be read") from error
        return array.reshape(*array.shape[:2], channels)


def images(path: Path, limit: int | None = None) -> Iterator[Sample]:
    """The labelled images at `path`, at most `limit`.

    A Parquet file has one column of images (binary, or a struct with a field `bytes`) and one integer column
    `label`; a folder has one folder of image files per class, classes numbered in alphabetical order. Raises
    `NmcuError` for anything else.
    """
    found = _from_folder(path) if path.is_dir() else _from_parquet(path)
    for number, sample in enumerate(found):
        if number == limit:
            return
        yield sample


def _from_folder(folder: Path) -> Iterator[Sample]:
    classes = sorted(entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    files = [
        (n, f) for n, c in enumerate(classes) for f in sorted(c.iterdir()) if f.suffix.lower() in SUFFIXES
    ]
    if not files:
        tables = sorted(folder.glob("*.parquet"))
        instead = (
            f"name a Parquet file itself ({tables[0].name})" if tables else "one for each class is needed"
        )
        raise NmcuError(f"{folder} has no folders of images: {instead}")
    for label, file in files:
        yield Sample(file.read_bytes(), label, str(file))


def _from_parquet(path: Path) -> Iterator[Sample]:
    try:
        with pq.ParquetFile(path) as table:
            image, label = _columns(path, table.schema_arrow)
            if table.metadata.num_rows == 0:
                raise NmcuError(f"{path} has no images")
            row = 0
            for batch in table.iter_batches(BATCH, columns=[image, label]):
                column = batch.column(image)
                data = column.field("bytes") if pa.types.is_struct(column.type) else column
                for content, number in zip(data, batch.column(label), strict=True):
                    if not content.is_valid or not number.is_valid:
                        raise NmcuError(f"row {row} of {path} has no image or no label")
                    yield Sample(content.as_py(), int(number.as_py()), f"row {row} of {path.name}")
                    row += 1
    except (OSError, pa.ArrowException) as error:
        raise NmcuError(f"{path} cannot be read: a Parquet file or a folder of folders is needed") from error


def _columns(path: Path, schema: pa.Schema) -> tuple[str, str]:
    images = [field.name for field in schema if _is_image(field.type)]
    labels = [field.name for field in schema if pa.types.is_integer(field.type)]
    label = "label" if "label" in labels else labels[0] if len(labels) == 1 else None
    if len(images) != 1 or label is None:
        raise NmcuError(
            f"{path} has the columns {', '.join(schema.names)}: image bytes and an integer `label` are needed"
        )
    return images[0], label


def _is_image(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return any(f.name == "bytes" and _is_image(f.type) for f in kind)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
