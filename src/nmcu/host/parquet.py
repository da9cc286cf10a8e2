"""Rows of a Parquet file of images."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from nmcu.errors import NmcuError

BATCH = 256


def rows(path: Path, labelled: bool = True) -> Iterator[tuple[bytes, int | None, int]]:
    """Image file content, label and number of every row; None for a label where the file has none, unless it must be
    `labelled`. Raises `NmcuError` for a file that has no such columns."""
    try:
        with pq.ParquetFile(path) as table:
            image, label = _columns(path, table.schema_arrow, labelled)
            if table.metadata.num_rows == 0:
                raise NmcuError(f"{path} has no images")
            row = 0
            for batch in table.iter_batches(BATCH, columns=[image] if label is None else [image, label]):
                column = batch.column(image)
                data = column.field("bytes") if pa.types.is_struct(column.type) else column
                numbers = [None] * len(data) if label is None else batch.column(label)
                for content, number in zip(data, numbers, strict=True):
                    if not content.is_valid or (number is not None and not number.is_valid):
                        raise NmcuError(f"row {row} of {path} has no image or no label")
                    yield content.as_py(), None if number is None else int(number.as_py()), row
                    row += 1
    except (OSError, pa.ArrowException) as error:
        raise NmcuError(f"{path} cannot be read: a Parquet file or a folder of folders is needed") from error


def _columns(path: Path, schema: pa.Schema, labelled: bool) -> tuple[str, str | None]:
    images = [field.name for field in schema if _is_image(field.type)]
    labels = [field.name for field in schema if pa.types.is_integer(field.type)]
    label = "label" if "label" in labels else labels[0] if len(labels) == 1 else None
    if len(images) != 1 or (labelled and label is None):
        raise NmcuError(
            f"{path} has the columns {', '.join(schema.names)}: image bytes and an integer `label` are needed"
        )
    return images[0], label


def _is_image(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return any(f.name == "bytes" and _is_image(f.type) for f in kind)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
