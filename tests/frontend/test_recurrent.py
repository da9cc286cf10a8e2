"""Recurrent TFLite layers against LiteRT, to the bit: their arithmetic is LiteRT's."""

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nmcu
from frontend import litert, mutate
from nmcu import graph, operators
from nmcu.bench.differential.tflite.model import TfliteModel
from nmcu.errors import ModelError

RELU, TANH = 1, 4
DATA = os.environ.get("NMCU_TEST_DATA")


def lstm(
    m: TfliteModel,
    steps: int = 6,
    inputs: int = 9,
    cells: int = 8,
    *,
    coupled: bool = False,
    peephole: bool = False,
    projection: int = 0,
    time_major: bool = False,
    norm: bool = False,
    activation: int = TANH,
    **options: Any,
) -> int:
    """A random UNIDIRECTIONAL_SEQUENCE_LSTM; returns its output."""
    outputs = projection or cells

    def shape(last: int) -> tuple[int, ...]:
        return (steps, 1, last) if time_major else (1, steps, last)

    def gates(make: Any) -> list[int]:
        return [-1 if coupled and gate == 0 else make(gate) for gate in range(4)]

    x = m.input(*shape(inputs), scale=0.02, zero=7)
    given = [x, *gates(lambda g: m.weights(cells, inputs, scale=0.01 + 0.002 * g))]
    given += gates(lambda g: m.weights(cells, outputs, scale=0.02 - 0.003 * g))
    diagonal = m.rng.integers(-32767, 32768, (3, cells)).astype(np.int16)
    weights = (
        [m.tensor(cells, scale=4e-5, data=row, dtype="int16") for row in diagonal] if peephole else [-1] * 3
    )
    given += [-1 if coupled and i == 0 else w for i, w in enumerate(weights)]
    given += gates(lambda g: m.bias(cells, 0.0002))
    given += [m.weights(outputs, cells, scale=0.01), m.bias(outputs, 0.0001)] if projection else [-1, -1]
    given += [m.tensor(1, outputs, scale=0.01, zero=-3, variable=True)]
    given += [m.tensor(1, cells, scale=2.0**-12, dtype="int16", variable=True)]
    coefficients = np.ones(cells, np.int16)
    given += (
        gates(lambda g: m.tensor(cells, scale=0.01, data=coefficients, dtype="int16")) if norm else [-1] * 4
    )
    inner = [m.tensor(0, scale=0.001, dtype="int16") for _ in range(4)]
    inner.append(m.tensor(0, scale=0.008, zero=5) if projection else m.tensor(0, scale=0.01, zero=-3))
    y = m.tensor(*shape(outputs), scale=0.01, zero=-3)
    fields = {"FusedActivationFunction": activation, "TimeMajor": time_major, **options}
    m.op("UNIDIRECTIONAL_SEQUENCE_LSTM", given, [y], "UnidirectionalSequenceLSTMOptions", **fields)
    m.scaled_by(*inner)
    return y


def exact(tmp_path: Path, m: TfliteModel, *outputs: int, different: int = 10) -> graph.Graph:
    """Load the model; its outputs are LiteRT's for three inputs, and have more than `different` values."""
    data = m.build(*outputs)
    (tmp_path / "m.tflite").write_bytes(data)
    loaded = operators.load(tmp_path / "m.tflite")
    for seed in range(3):
        feeds = graph.random_inputs(loaded, seed)
        known, ours = litert.tensors(data, feeds), graph.reference.run_model(loaded, feeds)
        for name, value in ours.items():
            np.testing.assert_array_equal(value, litert.output(loaded, known, name))
            assert len(np.unique(value)) > different, "a test of saturated values shows nothing"
    return loaded


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"time_major": True, "coupled": True},
        {"peephole": True, "CellClip": 0.9},
        {"projection": 5, "ProjClip": 0.7},
        {"projection": 12, "coupled": True},
    ],
    ids=str,
)
def test_an_lstm_is_litert_s_to_the_bit(tmp_path: Path, options: dict[str, Any]) -> None:
    m = TfliteModel(1)
    (layer,) = [n for n in exact(tmp_path, m, lstm(m, **options)).layers if n.kind == "lstm"]
    assert layer.macs == 6 * sum(layer.constants[name].size for name in layer.op.WEIGHTS)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"norm": True}, "normalises its gates"),
        ({"activation": 1}, "not tanh"),
        ({"peephole": True, "projection": 5}, "peepholes and a projection"),
    ],
)
def test_lstms_that_are_not_supported_are_refused_in_one_sentence(
    tmp_path: Path, options: dict[str, Any], reason: str
) -> None:
    m = TfliteModel()
    (tmp_path / "m.tflite").write_bytes(m.build(lstm(m, **options)))
    with pytest.raises(ModelError, match=reason):
        operators.load(tmp_path / "m.tflite")


@pytest.mark.parametrize("rank", [1, 3])
def test_svdf_is_litert_s_to_the_bit(tmp_path: Path, rank: int) -> None:
    m = TfliteModel(2)
    filters, frames = 12, 4
    x, y = m.input(1, 10, scale=0.05, zero=4), m.tensor(1, filters // rank, scale=0.15, zero=-8)
    time = m.tensor(
        *(filters, frames),
        scale=0.0004,
        data=m.rng.integers(-2000, 2000, (filters, frames)).astype(np.int16),
        dtype="int16",
    )
    state = m.tensor(1, filters * frames, scale=0.0005, dtype="int16", variable=True)
    given = [x, m.weights(filters, 10), time, m.bias(filters // rank, 2e-7), state]
    m.op("SVDF", given, [y], "SVDFOptions", Rank=rank, FusedActivationFunction=RELU)
    (layer, *_) = exact(tmp_path, m, y, different=3).layers
    assert layer.macs == filters * (10 + frames)


def test_an_axis_of_tensors_is_taken_apart_and_put_together(tmp_path: Path) -> None:
    m = TfliteModel()
    x = m.input(2, 3, 16)
    parts = [m.tensor(2, 16) for _ in range(3)]
    m.op("UNPACK", [x], parts, "UnpackOptions", Num=3, Axis=-2)
    y = m.tensor(2, 16, 2)
    m.op("PACK", [parts[2], parts[0]], [y], "PackOptions", ValuesCount=2, Axis=2)
    exact(tmp_path, m, y)


def test_a_pruned_tflite_file_is_the_file_with_zeros(tmp_path: Path) -> None:
    """What LiteRT computes with it is what the pruned graph computes; only bytes of weights differ."""
    m = TfliteModel(1)
    y = m.tensor(1, 6, 5, scale=0.05)
    m.op(
        "FULLY_CONNECTED",
        [lstm(m), m.weights(5, 8), m.bias(5, 1e-4)],
        [y],
        "FullyConnectedOptions",
        KeepNumDims=1,
    )
    dense, sparse = tmp_path / "dense.tflite", tmp_path / "sparse.tflite"
    dense.write_bytes(m.build(y))
    with pytest.warns(nmcu.NoGainWarning):
        pruned = nmcu.prune(dense, "1:4", layers="*")
    pruned.save(sparse)
    again = nmcu.load(sparse)
    for ours, theirs in zip(pruned.graph.layers, again.layers, strict=True):
        assert all(np.array_equal(ours.constants[key], theirs.constants[key]) for key in ours.constants)
    assert {str(n.pattern) for n in again.layers if n.weight_bytes} == {"1:4"}
    assert nmcu.verify(sparse).ok
    before, after = dense.read_bytes(), sparse.read_bytes()
    assert all(b == a or a == 0 for b, a in zip(before, after, strict=True))
    with (
        pytest.warns(nmcu.NoGainWarning),
        pytest.raises(nmcu.NmcuError, match="was not read from a TFLite file"),
    ):
        nmcu.prune(again, "1:4", layers="*").save(tmp_path / "no.tflite")


def test_damaged_files_give_a_graph_or_a_sentence(tmp_path: Path) -> None:
    m = TfliteModel(1)
    data, rng = m.build(lstm(m, peephole=True)), random.Random(0)
    for _ in range(150):
        (tmp_path / "m.tflite").write_bytes(mutate.of_bytes(data, rng))
        try:
            operators.load(tmp_path / "m.tflite")
        except ModelError as error:
            assert "\n" not in str(error)


@pytest.mark.skipif(DATA is None, reason="NMCU_TEST_DATA names no folder of models")
@pytest.mark.parametrize(("name", "layers"), [("lstm_mnist", 1), ("dtln_lstm", 2), ("rnnoise_gru", 0)])
def test_public_networks_with_memory(name: str, layers: int) -> None:
    """Three calls one after the other on the device; layer by layer as LiteRT, whose states last, too."""
    path = Path(str(DATA)) / "models" / f"{name}_int8.tflite"
    network = nmcu.load(path)
    assert [layer.kind for layer in network.layers].count("lstm") == layers
    frames = [graph.random_inputs(network, seed) for seed in range(3)]
    stacked = {key: np.stack([frame[key] for frame in frames]) for key in frames[0]}
    assert nmcu.run(network, stacked).bit_exact
    assert nmcu.verify(path, keep_state=True, limit=4).ok


@pytest.mark.skipif(DATA is None, reason="NMCU_TEST_DATA names no folder of models")
def test_pruned_gates_take_fewer_cycles_and_bytes() -> None:
    """A speech enhancer of two LSTMs: at 1:8 at most three quarters of the cycles, on plain RV32IM at most half."""
    path = Path(str(DATA)) / "models" / "dtln_lstm_int8.tflite"
    sparse = nmcu.prune(path, "1:8", layers="*")
    for target, isa, share in (("cluster8", "xcv", 0.75), ("cv32e40p", "rv32", 0.5)):
        dense, pruned = (nmcu.run(m, target=target, isa=isa) for m in (path, sparse))
        assert pruned.bit_exact
        assert pruned.cycles <= share * dense.cycles
        assert {layer.kernel for layer in pruned.layers if layer.op == "lstm"} == {"lstm_gather_g1"}
