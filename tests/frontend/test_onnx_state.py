"""States that an ONNX file has as inputs and outputs: as if ONNX Runtime's caller handed them back."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

import nmcu
from frontend import ort
from nmcu import verification
from nmcu.errors import ModelError
from nmcu.graph import Graph, reference

STATES = {"window": "newer", "count": "counted"}


def streaming(tmp_path: Path, kept: float = 0.04, shape: tuple[int, ...] = (1, 3, 2, 5)) -> Path:
    """A frame of (1, 3, 1, 5) behind a window of two before it, a convolution over the three, and a sum of its results.

    The window that is kept has the scale `kept`, as an input 0.04.
    """
    m = ort.FloatModel(1, 3, 1, 5)
    m.inputs += [helper.make_tensor_value_info("window", TensorProto.FLOAT, shape)]
    m.inputs += [helper.make_tensor_value_info("count", TensorProto.FLOAT, (1, 4))]
    joined = m.pair(m.node("Concat", m.pair("window", 0.04, -3), m.pair("input", 0.04, -3), axis=2), 0.04, -3)
    mapped = m.pair(m.node("Conv", joined, m.integers(4, 3, 3, 5), kernel_shape=[3, 5]), 0.05, 2)
    flat = m.node("Flatten", mapped)
    count = m.pair(m.node("Add", flat, m.pair("count", 0.3, 1)), 0.3, 1)
    starts, ends, axes = (m.constant(np.array([v], np.int64)) for v in (1, 3, 2))
    newer = m.pair(m.node("Slice", joined, starts, ends, axes), kept, -3)
    for made, name in ((newer, "newer"), (count, "counted")):
        m.nodes.append(helper.make_node("Identity", [made], [name]))
    return m.save(tmp_path / "m.onnx", m.pair(m.node("Relu", count), 0.2, -128), "newer", "counted")


def runtime(path: Path, frames: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """The output after each of `frames` from ONNX Runtime, whose states its caller hands back."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    shapes = {i.name: i.shape for i in session.get_inputs()}
    held = {name: np.zeros(shapes[name], np.float32) for name in STATES}
    found = []
    for frame in frames:
        output, *values = session.run(None, {"input": frame, **held})
        held = dict(zip(STATES, values, strict=True))
        found.append(output)
    return found


@pytest.mark.parametrize("kept", [0.04, 0.07])
def test_states_are_what_a_caller_would_hand_back(tmp_path: Path, kept: float) -> None:
    """With one scale or two: a window that is requantised on its way is what the caller's next call makes of it."""
    path = streaming(tmp_path, kept)
    network = nmcu.load(path, states=STATES)
    assert [info.name for info in network.border.model_inputs] == ["input"] and len(network.states) == 2
    frames = [f["input"] for f in ort.feeds(path, 5)]
    expected = runtime(path, frames)
    edge = network.border
    feeds = [edge.encode({"input": frame}) for frame in frames]
    found = [next(iter(edge.decode(each).values())) for each in reference.sequence(network, feeds)]
    np.testing.assert_allclose(found, expected, atol=0.2 + 1e-6)
    run = nmcu.run(network, np.stack(frames))
    assert run.bit_exact and run.steps == 5
    np.testing.assert_array_equal(next(iter(run.outputs.values())), np.stack(found))
    assert nmcu.verify(path, states=STATES).ok and nmcu.verify(path, states=STATES, keep_state=True).ok


def test_a_state_that_is_carried_wrong_is_found(tmp_path: Path) -> None:
    """Each layer is right, but the window keeps its first value: the runtime finds another one in its second step."""
    path = streaming(tmp_path)
    network = nmcu.load(path, states=STATES)
    for node in network.model.graph:
        if node.op_type == "WriteState" and node.inputs[0].name == "window":
            node.replace_input_with(1, node.inputs[0])
    found = verification.verify(path.read_bytes(), Graph(network.model, network.operators))
    assert found.fault is not None and (found.fault.finding.kind, found.fault.what[-6:]) == (
        "state",
        "step 2",
    )


def test_a_saved_model_knows_its_states(tmp_path: Path) -> None:
    path = tmp_path / "again.onnx"
    network = nmcu.load(streaming(tmp_path), states=STATES)
    nmcu.prune(network, "1:2", layers="*").save(path)
    again = nmcu.load(path)
    assert [s.tensor.size for s in again.states] == [s.tensor.size for s in network.states]
    assert nmcu.verify(path).ok


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        (
            {"windo": "newer"},
            "the model has no input 'windo' that could be a state; there are: 'input', 'window', 'count'",
        ),
        ({"window": "new"}, "the model has no output 'new' that could be a state"),
        (
            {"window": "counted"},
            r"input 'window' has shape \(1, 3, 2, 5\), output 'counted', its next value, \(1, 4\)",
        ),
    ],
)
def test_states_that_do_not_fit_are_refused(tmp_path: Path, states: dict[str, str], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        nmcu.load(streaming(tmp_path), states=states)
