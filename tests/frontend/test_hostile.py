"""Model files from strangers: always one clear sentence, quickly and without much memory."""

import importlib
import lzma
import random
import resource
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

import nmcu
from frontend import mutate, ort
from nmcu import graph, operators
from nmcu.bench.differential.tflite.model import TfliteModel
from nmcu.errors import ModelError
from nmcu.frontend import compressed

SECONDS, BYTES = 2.0, 2**30
SETTINGS = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def one_gigabyte() -> Iterator[None]:
    """Less than 1 GB more than is in use now can be taken."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mutate.small_model(tmp_path_factory.mktemp("small"))


def assert_harmless(path: Path) -> None:
    """Loading gives a graph, or one sentence that was foreseen; numbers do not overflow unnoticed."""
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            operators.load(path)
    except ModelError as error:
        message = str(error)
        assert "\n" not in message
        assert len(message) < 2000
    assert time.process_time() - start < SECONDS, "CPU time: other load does not count"


def refused(path: Path, *words: str) -> None:
    """Loading fails with a message that contains `words`."""
    with pytest.raises(ModelError) as caught:
        operators.load(path)
    for word in words:
        assert word in str(caught.value)
    assert_harmless(path)


def test_names_that_are_not_utf8_are_shown_escaped(small: Path) -> None:
    """Those that differ stay different."""
    model = onnx.load(small)
    numbers: dict[str, str] = {}

    def other(name: str) -> str:
        return numbers.setdefault(name, f"QZ{len(numbers):03}") if name else ""

    for node in model.graph.node:
        node.name = other(node.name)
        node.input[:], node.output[:] = map(other, node.input), map(other, node.output)
    for named in (*model.graph.initializer, *model.graph.input, *model.graph.output):
        named.name = other(named.name)
    del model.graph.value_info[:]
    target = small.with_name("latin.onnx")
    target.write_bytes(model.SerializeToString().replace(b"QZ", b"\xff\xfe"))
    report = nmcu.run(target)
    assert report.bit_exact
    assert all(layer.name.startswith("\\xff\\xfe") for layer in report.layers)


@SETTINGS
@given(seed=st.integers(0, 2**32))
def test_mutated_bytes_of_an_onnx_model(small: Path, seed: int) -> None:
    target = small.with_name("bytes.onnx")
    target.write_bytes(mutate.of_bytes(small.read_bytes(), random.Random(seed)))
    assert_harmless(target)


@SETTINGS
@given(seed=st.integers(0, 2**32))
@example(seed=7029795)  # a transpose of quantised weights with a permutation for more axes
def test_mutated_structure_of_an_onnx_model(small: Path, seed: int) -> None:
    model = onnx.load(small)
    mutate.of_structure(model, random.Random(seed))
    target = small.with_name("structure.onnx")
    target.write_bytes(model.SerializeToString())
    assert_harmless(target)


@SETTINGS
@given(seed=st.integers(0, 2**32))
def test_mutated_bytes_of_a_tflite_model(
    test_data: Path, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    data = (test_data / "mlperf_tiny" / "kws_dscnn_int8.tflite").read_bytes()
    rng = random.Random(seed)
    # The tables lie at both ends, the weights between them.
    head, tail = data[:4000], data[-16000:]
    if rng.random() < 0.5:
        changed = mutate.of_bytes(head, rng) + data[4000:]
    else:
        changed = data[:-16000] + mutate.of_bytes(tail, rng)
    target = tmp_path_factory.getbasetemp() / "mutated.tflite"
    target.write_bytes(changed)
    assert_harmless(target)


@pytest.mark.parametrize(
    "content", [b"", b"TFL3", b"\0\0\0\0TFL3" + 100 * b"\0", random.Random(0).randbytes(5000)]
)
def test_files_that_are_no_model(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    refused(path, "model")


def test_folder_missing_file_and_absurd_names(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.onnx", tmp_path / ("x" * 5000), Path("nul\0byte")):
        with pytest.raises(ModelError):
            operators.load(path)


def test_truncated_at_every_hundredth_byte(small: Path) -> None:
    data, path = small.read_bytes(), small.with_name("cut.onnx")
    for end in range(0, len(data), 100):
        path.write_bytes(data[:end])
        assert_harmless(path)


def test_float_model_is_told_to_be_quantised(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 3, 8, 8)
    m.node("Relu", m.conv("input", 3, 4))
    refused(m.save(tmp_path / "m.onnx"), "Conv_0", "quantise")


def test_unknown_operator_is_named_with_what_is_supported(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 3, 8, 8)
    m.node("Einsum", m.conv("input", 3, 4), equation="abcd->abcd")
    refused(ort.quantise(m.save(tmp_path / "m.onnx")), "Einsum_1", "Einsum", "supported: Abs, Add")


NAMES = [
    'x"; system("true"); //',
    "a\nb",
    "../../etc/passwd",
    "%s%n%x",
    "x" * 10**6,
    "\0",
    "int main",
    "𝔘",
    " ",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_are_only_names(small: Path, name: str) -> None:
    model = onnx.load(small)
    node = next(n for n in model.graph.node if n.op_type == "Conv")
    node.name = name
    tensor = model.graph.node[-1].output[0]
    model.graph.node[-1].output[0] = model.graph.output[0].name = name
    path = small.with_name("name.onnx")
    path.write_bytes(model.SerializeToString())
    loaded = operators.load(path)
    assert loaded.layers[0].name == name
    assert loaded.border.model_outputs[0].name == name
    assert tensor
    node.op_type = "Einsum"
    path.write_bytes(model.SerializeToString())
    refused(path, "Einsum")


def _edit(small: Path, change: Callable[[onnx.ModelProto], None]) -> Path:
    model = onnx.load(small)
    change(model)
    path = small.with_name("edited.onnx")
    path.write_bytes(model.SerializeToString())
    return path


def test_cyclic_graph(small: Path) -> None:
    def change(model: onnx.ModelProto) -> None:
        first = next(n for n in model.graph.node if n.op_type == "Conv")
        first.input[0] = model.graph.node[-1].output[0]

    refused(_edit(small, change), "cyclic")


def test_dangling_input(small: Path) -> None:
    def change(model: onnx.ModelProto) -> None:
        model.graph.node[0].input[0] = "nowhere"

    refused(_edit(small, change), "nowhere", "which nothing writes")


def test_name_written_twice(small: Path) -> None:
    def change(model: onnx.ModelProto) -> None:
        model.graph.node[3].output[0] = model.graph.node[2].output[0]

    refused(_edit(small, change))


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf"), 1e-45])
def test_scales_that_are_none(small: Path, scale: float) -> None:
    def change(model: onnx.ModelProto) -> None:
        name = next(n for n in model.graph.node if n.op_type == "QuantizeLinear").input[1]
        tensor = next(t for t in model.graph.initializer if t.name == name)
        tensor.CopyFrom(onnx.numpy_helper.from_array(np.array(scale, np.float32), name))

    refused(_edit(small, change), "scale")


@pytest.mark.parametrize(
    "shape", [(1, 2, 2**20, 2**20), (1, 2, 2**40, 1), (1, 2, 0, 8), (1, 2, -5, 8), (2**62, 4)]
)
def test_shapes_that_ask_for_terabytes(small: Path, shape: tuple[int, ...]) -> None:
    def change(model: onnx.ModelProto) -> None:
        info = helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)
        model.graph.input[0].CopyFrom(info)

    refused(_edit(small, change))


def test_constants_that_ask_for_terabytes(tmp_path: Path) -> None:
    m = ort.FloatModel(1, 3, 8, 8)
    big = m.node("ConstantOfShape", m.constant(np.array([2**20, 2**20, 2**10])))
    m.node("Add", "input", m.node("Expand", big, m.constant(np.array([2**62, 2**62]))))
    refused(m.save(tmp_path / "m.onnx"), "ConstantOfShape")
    tile = onnx.load(tmp_path / "m.onnx")
    tile.graph.initializer[0].dims[0] = 2**62
    (tmp_path / "n.onnx").write_bytes(tile.SerializeToString())
    refused(tmp_path / "n.onnx", "shape")


@pytest.mark.parametrize("inline", [False, True], ids=["initializers", "attributes"])
def test_constants_that_share_one_sparse_file_count_each(tmp_path: Path, inline: bool) -> None:
    """Sixty times 200 MB, which lie nowhere."""
    size = 200_000_000
    with (tmp_path / "sparse.bin").open("wb") as stream:
        stream.truncate(size)
    m = ort.FloatModel(1, 3, 8, 8)
    for i in range(60):
        tensor = TensorProto(name=f"big{i}", data_type=TensorProto.INT8, dims=[size])
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="sparse.bin")
        if inline:
            m.node("Constant", value=tensor)
            del m.nodes[-1].input[:]
        else:
            m.initializers.append(tensor)
    m.node("Relu", "input")
    graph_ = helper.make_graph(m.nodes, "model", m.inputs, [helper.make_empty_tensor_value_info(m.last)])
    graph_.initializer.extend(m.initializers)
    path = tmp_path / "m.onnx"
    model = helper.make_model(graph_, opset_imports=[helper.make_opsetid("", 17)])
    path.write_bytes(model.SerializeToString())
    refused(path, "constants together have 12000000000 bytes")


def test_tflite_tensors_that_share_one_buffer_count_each(tmp_path: Path) -> None:
    m = TfliteModel()
    data = np.zeros(10_000_000, np.int8)
    for _ in range(60):
        m.tensor(data.size, data=data, shared=True)
    path = tmp_path / "m.tflite"
    path.write_bytes(m.build(m.op("ABS", [m.input(1, 4)], [m.tensor(1, 4)])))
    refused(path, "constants together have 600000000 bytes")


def test_more_nodes_than_any_network_has(small: Path, tmp_path: Path) -> None:
    def change(model: onnx.ModelProto) -> None:
        many = (helper.make_node("Constant", [], [f"c{i}"], value_int=i) for i in range(10_001))
        model.graph.node.extend(many)

    refused(_edit(small, change), "nodes; supported: at most 10000")
    m = TfliteModel()
    x = m.input(1, 4)
    for _ in range(10_001):
        x = m.op("ABS", [x], [m.tensor(1, 4)])
    path = tmp_path / "m.tflite"
    path.write_bytes(m.build(x))
    refused(path, "10001 nodes")


def test_our_own_bugs_are_not_called_damage(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(importlib.import_module("nmcu.frontend.from_onnx.reader"), "simplify", broken)
    with pytest.raises(ZeroDivisionError):
        operators.load(small)


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "link", "", "missing", "a/../../secret"])
def test_external_data_outside_the_folder(small: Path, tmp_path: Path, location: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(bytes(10**6))
    (folder / "link").symlink_to(tmp_path / "secret")
    model = onnx.load(small)
    tensor = next(t for t in model.graph.initializer if t.dims)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    path = folder / "m.onnx"
    path.write_bytes(model.SerializeToString())
    refused(path, "external data")


def test_external_data_beside_the_model_is_read(small: Path, tmp_path: Path) -> None:
    model = onnx.load(small)
    path = tmp_path / "m.onnx"
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    ours, theirs = operators.load(path).layers, operators.load(small).layers
    for a, b in zip(ours, theirs, strict=True):
        assert a.op == b.op
    (tmp_path / "weights.bin").write_bytes(b"short")
    refused(path, "external data")


@pytest.mark.parametrize(
    ("op", "remedy"), [("QLinearResize", "QDQ form"), ("DynamicQuantizeLinear", "quantise statically")]
)
def test_other_forms_of_quantisation_are_told_the_remedy(small: Path, op: str, remedy: str) -> None:
    model = onnx.load(small)
    next(n for n in model.graph.node if n.op_type == "Conv").op_type = op
    path = small.with_name("other.onnx")
    path.write_bytes(model.SerializeToString())
    refused(path, op, remedy)


def test_compressed_model_is_read(small: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx.xz"
    path.write_bytes(lzma.compress(small.read_bytes()))
    ours, theirs = operators.load(path).layers, operators.load(small).layers
    assert [a.op for a in ours] == [b.op for b in theirs]


def test_compressed_files_that_are_broken_or_huge(small: Path, tmp_path: Path) -> None:
    path, packed = tmp_path / "m.onnx.xz", lzma.compress(small.read_bytes())
    path.write_bytes(packed[: len(packed) // 2])
    refused(path, "truncated")
    path.write_bytes(packed[:40] + bytes(20) + packed[60:])
    refused(path, "damaged")
    path.write_bytes(lzma.compress(bytes(compressed.MAX_UNPACKED_BYTES + 1), preset=0))
    refused(path, "unpacks to more than")
    path.write_bytes(lzma.compress(b"no model"))
    refused(path, "model")


def test_control_flow_and_old_operator_sets(small: Path) -> None:
    def branch(model: onnx.ModelProto) -> None:
        node = model.graph.node[0]
        node.attribute.append(helper.make_attribute("then_branch", helper.make_graph([], "g", [], [])))

    def old(model: onnx.ModelProto) -> None:
        model.opset_import[0].version = 11

    refused(_edit(small, branch), "control flow")
    refused(_edit(small, old), "opset 11", "13")


def test_accumulator_overflow_is_refused() -> None:
    x, y = (
        graph.TensorInfo("x", (1, 200000), scale=0.1, zero_point=0),
        graph.TensorInfo("y", (), scale=0.1, zero_point=0),
    )
    with pytest.raises(ModelError, match=r"'fc'.*overflow"):
        graph.ops.Linear.build("fc", x, y, np.full((1, 200000), 127, np.int8), np.array([0.1]), None)
