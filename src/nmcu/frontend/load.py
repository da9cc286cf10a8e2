"""Reading a model file, whatever its extension."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from nmcu.errors import ModelError
from nmcu.frontend.compressed import unpacked
from nmcu.frontend.limits import MAX_BYTES
from nmcu.frontend.readers import Readers
from nmcu.frontend.simplify import simplify
from nmcu.graph import Graph, carry, check
from nmcu.graph.carry import pairs_in

MAX_MESSAGE = 1600
NONE: Mapping[str, str] = MappingProxyType({})


def load(
    path: str | Path, readers: Readers, states: Mapping[str, str] = NONE, signature: str | None = None
) -> Graph:
    """The integer graph of the TFLite or ONNX model at `path`, plain or compressed with xz, recognised by content.

    Its inputs that `states` names are states, each with the output that is its next value, and those that the file
    itself says are (`nmcu.graph.carry`). Of a TFLite file with several signatures `signature` names one. Raises
    `ModelError`, one sentence, for anything that cannot be read or is not supported.
    """
    path = Path(path)
    return parse(_read(path), path.name, readers, path.parent, states, signature)


def whole(path: str | Path, signature: str | None = None) -> bytes:
    """The content of the model file at `path`, unpacked, with what it keeps in files beside it; of several signatures
    the one that is named.

    Raises `ModelError` as `load` does.
    """
    path = Path(path)
    packed = _read(path)
    with _named(path.name):
        data = _chosen(unpacked(packed), signature)
        if data[4:8] == b"TFL3":
            return data
        from nmcu.frontend.from_onnx import file

        return file.whole(data, path.parent)


def parse(
    data: bytes,
    name: str,
    readers: Readers,
    folder: Path = Path(),
    states: Mapping[str, str] = NONE,
    signature: str | None = None,
) -> Graph:
    """The integer graph of a model in memory; `name` is for messages, external data is looked for in `folder`.

    Raises `ModelError` as `load` does.
    """
    with _named(name):
        graph = _dispatch(_chosen(unpacked(data), signature), folder, readers)
        graph = carry(graph, {**pairs_in(graph.metadata), **states})
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


def _chosen(data: bytes, signature: str | None) -> bytes:
    """The file with the named signature's function as its only one."""
    if data[4:8] == b"TFL3":
        from nmcu.frontend.from_tflite.signature import chosen

        return chosen(data, signature)
    if signature is not None:
        raise ModelError(f"is no TFLite file, which alone has signatures; {signature!r} was asked for")
    return data


def _dispatch(data: bytes, folder: Path, readers: Readers) -> Graph:
    if data[4:8] == b"TFL3":
        from nmcu.frontend import from_tflite

        return simplify(from_tflite.read(data, readers.tflite, readers.tflite_floats, readers.fallback))
    from nmcu.frontend import from_onnx

    return from_onnx.read(data, folder, readers.onnx, readers.onnx_floats, readers.fallback)


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
