"""Variables of TFLite files, frame by frame against LiteRT; the two wake words are models that people use."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from nmcu import operators
from nmcu.bench.differential.tflite.model import TfliteModel
from nmcu.errors import ModelError
from nmcu.graph import Graph, reference

ZERO = 3
DATA = os.environ.get("NMCU_TEST_DATA")


def litert(data: bytes, frames: list[NDArray[Any]]) -> list[list[NDArray[Any]]]:
    """The outputs after each of `frames`, from LiteRT's reference kernels."""
    interpreter = Interpreter(
        model_content=data, num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    found = []
    for frame in frames:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], frame)
        interpreter.invoke()
        found.append([interpreter.get_tensor(o["index"]) for o in interpreter.get_output_details()])
    return found


def ours(network: Graph, frames: list[NDArray[Any]]) -> list[list[NDArray[Any]]]:
    """The same from the reference."""
    edge = network.border
    feeds = (edge.encode({edge.model_inputs[0].name: frame}) for frame in frames)
    return [list(edge.decode(found).values()) for found in reference.sequence(network, feeds)]


def noise(network: Graph, steps: int) -> list[NDArray[Any]]:
    rng = np.random.default_rng(7)
    shape = network.border.model_inputs[0].shape
    return [rng.integers(-128, 128, shape).astype(np.int8) for _ in range(steps)]


def loaded(tmp_path: Path, data: bytes) -> Graph:
    path = tmp_path / "m.tflite"
    path.write_bytes(data)
    return operators.load(path)


def read(m: TfliteModel, handle: int, *shape: int, **options: Any) -> int:
    return m.op("READ_VARIABLE", [handle], [m.tensor(*shape, zero=ZERO, **options)])


def concat(m: TfliteModel, *parts: int, rows: int) -> int:
    y = m.tensor(1, rows, 1, 5, zero=ZERO)
    return m.op("CONCATENATION", list(parts), [y], "ConcatenationOptions", Axis=1)


def last(m: TfliteModel, x: int, rows: int, of: int) -> int:
    ends = [m.ints(0, of - rows, 0, 0), m.ints(1, of, 1, 5), m.ints(1, 1, 1, 1)]
    return m.op("STRIDED_SLICE", [x, *ends], [m.tensor(1, rows, 1, 5, zero=ZERO)], "StridedSliceOptions")


def test_variables_are_read_before_and_after_they_are_written(tmp_path: Path) -> None:
    """One variable is a window that moves by two rows, read twice; one is written in the middle and read again, which
    gives the new value; one is never written; one is another name's handle; one is written and never read."""
    m = TfliteModel()
    x = m.input(1, 2, 1, 5, zero=ZERO)
    rng = np.random.default_rng(0)
    start = [rng.integers(-128, 128, (1, rows, 1, 5)).astype(np.int8) for rows in (3, 2, 1)]
    window, middle, fixed = (
        m.variable(name, value, zero=ZERO)
        for name, value in zip(("window", "middle", "fixed"), start, strict=True)
    )
    unread = m.variable("unread", start[2], zero=ZERO)
    before = read(m, middle, 1, 2, 1, 5)
    m.op("ASSIGN_VARIABLE", [middle, x], [])
    after = read(m, middle, 1, 2, 1, 5)
    joined = concat(m, read(m, window, 1, 3, 1, 5), x, rows=5)
    m.op("ASSIGN_VARIABLE", [window, last(m, joined, 3, 5)], [])
    m.op("ASSIGN_VARIABLE", [unread, last(m, joined, 1, 5)], [])
    same = m.variable("middle", None)
    everything = concat(
        m, before, after, joined, read(m, fixed, 1, 1, 1, 5), read(m, same, 1, 2, 1, 5), rows=12
    )
    data = m.build(everything)
    network = loaded(tmp_path, data)
    assert [state.name for state in network.states] == ["middle", "window", "fixed"]
    frames = noise(network, 6)
    np.testing.assert_array_equal(ours(network, frames), litert(data, frames))


def test_a_variable_that_nothing_initialises_is_refused(tmp_path: Path) -> None:
    m = TfliteModel()
    m.input(1, 1, 1, 5, zero=ZERO)
    value = read(m, m.variable("lost", None), 1, 1, 1, 5)
    with pytest.raises(ModelError, match="variable 'lost' is read before anything is assigned to it"):
        loaded(tmp_path, m.build(value))


@pytest.mark.parametrize(
    ("assigned", "reason"),
    [
        (
            {"shape": (1, 2, 1, 5)},
            r"shape \(1, 2, 1, 5\), scale 0.05 and zero point 3, and read with shape \(1, 1, 1, 5\)",
        ),
        (
            {"shape": (1, 1, 1, 5), "scale": 0.1},
            ".* scale 0.1 and zero point 3, and read with .* scale 0.05 and zero point 3",
        ),
    ],
)
def test_a_variable_is_read_as_it_is_assigned(tmp_path: Path, assigned: dict[str, Any], reason: str) -> None:
    """LiteRT copies the bytes, whatever they stand for; nothing that a converter writes needs that."""
    m = TfliteModel()
    x = m.input(*assigned.pop("shape"), zero=ZERO, **assigned)
    handle = m.variable("odd", np.zeros((1, 1, 1, 5), np.int8), zero=ZERO)
    value = read(m, handle, 1, 1, 1, 5)
    m.op("ASSIGN_VARIABLE", [handle, x], [])
    with pytest.raises(ModelError, match=f"variable 'odd' is assigned a tensor of {reason}"):
        loaded(tmp_path, m.build(value))


@pytest.mark.skipif(DATA is None, reason="NMCU_TEST_DATA names no folder of models")
@pytest.mark.parametrize("word", ["hey_jarvis", "okay_nabu"])
def test_wake_words_agree_with_litert_frame_by_frame(word: str) -> None:
    """Within the one step that a requantisation may differ by, for 100 frames, in which the states last."""
    path = Path(str(DATA)) / "models" / f"wakeword_{word}_int8.tflite"
    network = operators.load(path)
    frames = noise(network, 100)
    found, expected = (
        np.array(each).astype(int) for each in (ours(network, frames), litert(path.read_bytes(), frames))
    )
    assert np.abs(found - expected).max() <= 1
