"""Messages between a judge and its worker: a header in JSON, then bytes. Neither side unpickles anything.

Either side may have been taken over by a hostile file: what is read is checked, and bounded before memory is taken.
"""

import json
import math
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Key = str | int
"""What a tensor is called: its name in an ONNX file, its index in a TFLite file."""

Part = bytes | memoryview

_LENGTHS = 16
_KINDS = "biuf"
_MOST_HEADER = 1 << 26


def undefined(key: Key) -> Key:
    """What the mask is called that says which elements of tensor `key` were quantised from what is no number."""
    return f"{key}\0undefined"


class Damaged(Exception):
    """What was read is no message."""


class Closed(Exception):
    """The other side has gone."""


def write(stream: BinaryIO, header: dict[str, Any], parts: Sequence[Part] = ()) -> None:
    """One message: `header`, and `parts` as its payload."""
    text = json.dumps(header).encode()
    size = sum(len(part) for part in parts)
    stream.write(len(text).to_bytes(8, "little") + size.to_bytes(8, "little") + text)
    for part in parts:
        stream.write(part)
    stream.flush()


def read(stream: BinaryIO, most_bytes: int) -> tuple[dict[str, Any], memoryview]:
    """One message's header and payload. Raises `Closed` or `Damaged`."""
    lengths = _exactly(stream, _LENGTHS)
    text_size, size = (int.from_bytes(lengths[i : i + 8], "little") for i in (0, 8))
    if text_size > _MOST_HEADER or size > most_bytes:
        raise Damaged(f"a message of {text_size} and {size} bytes")
    text = _exactly(stream, text_size)
    payload = memoryview(_exactly(stream, size))
    try:
        header = json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise Damaged("the header is no JSON") from error
    if not isinstance(header, dict):
        raise Damaged("the header is no mapping")
    return header, payload


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise Closed
    return data


def pack(arrays: Sequence[tuple[Key, Array]]) -> tuple[list[list[Any]], list[Part]]:
    """Descriptions of `arrays` for the header, and their bytes; those that hold no numbers are left out."""
    kept = [(key, np.ascontiguousarray(a).reshape(a.shape)) for key, a in arrays if a.dtype.kind in _KINDS]
    return (
        [[key, a.dtype.str, list(a.shape)] for key, a in kept],
        [a.reshape(-1).view(np.uint8).data for _, a in kept],
    )


def unpack(descriptions: Any, payload: memoryview) -> list[tuple[Key, Array]]:
    """The arrays that `descriptions` of a header say `payload` holds. Raises `Damaged`."""
    try:
        return _unpack(descriptions, payload)
    except (TypeError, ValueError, OverflowError) as error:
        raise Damaged("arrays that do not fit their descriptions") from error


def _unpack(descriptions: Any, payload: memoryview) -> list[tuple[Key, Array]]:
    found: list[tuple[Key, Array]] = []
    at = 0
    for key, kind, shape in descriptions:
        dtype = np.dtype(str(kind))
        if dtype.kind not in _KINDS or type(key) not in (str, int) or min(shape, default=0) < 0:
            raise Damaged("an array of no numbers")
        end = at + dtype.itemsize * math.prod(shape)
        found.append((key, np.frombuffer(payload[at:end], dtype).reshape(shape)))
        at = end
    return found
