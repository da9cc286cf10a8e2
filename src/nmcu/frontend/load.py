"""Reading a model file, whatever its extension."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nmcu.errors import ModelError
from nmcu.frontend.compressed import unpacked
from nmcu.frontend.limits import MAX_BYTES
from nmcu.frontend.readers import Readers
from nmcu.frontend.simplify import simplify
from nmcu.graph import Graph, check

MAX_MESSAGE = 1600


def load(path: str | Path, readers: Readers) -> Graph:
    """The integer graph of the TFLite or ONNX model at `path`, plain or compressed with xz, recognised by content.

    Raises `ModelError`, one sentence, for anything that cannot be read or is not supported.
    """
    path = Path(path)
    return parse(_read(path), path.name, readers, path.parent)


def whole(path: str | Path) -> bytes:
    """The content of the model file at `path`, unpacked, with what it keeps in files beside it.

    Raises `ModelError` as `load` does.
    """
    path = Path(path)
    packed = _read(path)
    with _named(path.name):
        data = unpacked(packed)
        if data[4:8] == b"TFL3":
            return data
        from nmcu.frontend.from_onnx import file

        return file.whole(data, path.parent)


def parse(data: bytes, name: str, readers: Readers, folder: Path = Path()) -> Graph:
    """The integer graph of a model in memory; `name` is for messages, external data is looked for in `folder`.

    Raises `ModelError` as `load` does.
    """
    with _named(name):
        graph = simplify(_dispatch(unpacked(data), folder, readers))
        check(graph)
        return graph


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Sentences about a model start with its name."""
    try:
        yield
    except ModelError as error:
        raise ModelError(_sentence(f"{name}: {error}")) from error
    except MemoryError as error:
        raise ModelError(_sentence(f"{name}: there is not enough memory for this model")) from error


def _sentence(text: str) -> str:
    """`text` on one line, without control characters, shortened in the middle if a name in it is huge."""
    line = "".join(c if c.isprintable() else " " for c in text)
    if len(line) <= MAX_MESSAGE:
        return line
    return f"{line[: MAX_MESSAGE // 2]} ... {line[-MAX_MESSAGE // 2 :]}"


def _dispatch(data: bytes, folder: Path, readers: Readers) -> Graph:
    if data[4:8] == b"TFL3":
        from nmcu.frontend import from_tflite

        return from_tflite.read(data, readers.tflite)
    from nmcu.frontend import from_onnx

    return from_onnx.read(data, folder, readers.onnx)


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise ModelError(f"{path} is not a file: a TFLite or ONNX model is needed")
        if size == 0:
            raise ModelError(f"{path} is empty: a TFLite or ONNX model is needed")
        if size > MAX_BYTES:
            raise ModelError(f"{path} has {size} bytes; supported: at most {MAX_BYTES}")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{str(path)[:200]} cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from error
