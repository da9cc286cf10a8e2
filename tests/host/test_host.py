"""Programs built for this machine: equal to the reference; evaluation over images."""

import gc
import io
import sys
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import nmcu
from isas import BUILT_IN, CORE_V_TARGETS, named
from networks import conv_linear
from nmcu import codegen, graph, host, kernels, plan, targets
from nmcu.bench.shapes import Shape, network
from nmcu.errors import ModelError, NmcuError, PlanError
from nmcu.frontend.lower import floats
from nmcu.graph import Graph, TensorInfo
from nmcu.host.library import HostProgram
from nmcu.isa import InstructionSet


def _program(network: Graph, target: str = "cluster8", isa: str = "xcv") -> codegen.Program:
    return host.program_of(plan.make(network, targets.get(target), named(isa), BUILT_IN))


def test_host_program_equals_the_reference() -> None:
    network = conv_linear(size=7, channels=5)
    program = _program(network)
    loaded = HostProgram(program, host.build(program))
    for seed in range(5):
        feeds = network.border.encode(graph.random_inputs(network, seed))
        expected = graph.reference.run(network, feeds)
        found = loaded.run(feeds)
        assert all(np.array_equal(found[name], expected[name]) for name in expected)


def test_float_sections_round_every_product() -> None:
    """zig cc compiles for this processor, and clang fuses products and sums by default: one rounding too few."""
    b = graph.Builder("floats")
    shape = (1, 501)
    x = b.input(TensorInfo("in", shape, "float32"), TensorInfo("x", shape, "float32"), (0, 1))
    for function in ("tanh", "gelu_tanh", "softplus", "hardswish"):
        y = floats.apply(b, function, function, x, 1 / 6, 0.5)
        b.output(y, TensorInfo(f"{function} out", shape, "float32"), (0, 1), shape)
    network = b.finish()
    feeds = {"x": np.random.default_rng(0).normal(0, 2, shape).astype(np.float32)}
    expected = graph.reference.run(network, feeds)
    program = _program(network)
    with HostProgram(program, host.build(program)) as loaded:
        found = loaded.run(feeds)
    assert all(found[name].tobytes() == expected[name].tobytes() for name in expected)


@pytest.mark.parametrize("target", CORE_V_TARGETS)
@pytest.mark.parametrize("isa", ["rv32", "xcv", "xdec"])
@pytest.mark.parametrize("zeros_every", [1, 8])
def test_a_devices_plan_runs_here_with_the_same_kernels(target: str, isa: str, zeros_every: int) -> None:
    network = conv_linear(channels=32, zeros_every=zeros_every)
    planned = plan.make(network, targets.get(target), named(isa), BUILT_IN)
    program = host.program_of(planned)
    assert not [path for path in program.library if path.suffix == ".S"]
    assert program.files == codegen.emit(planned).files
    feeds = network.border.encode(graph.random_inputs(network, 3))
    expected = graph.reference.run(network, feeds)
    with HostProgram(program, host.build(program)) as loaded:
        found = loaded.run(feeds)
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize(
    ("kernel", "shape", "pattern", "isa"),
    [
        ("published_linear_xdec", "linear_64_33_t1", "1:8", "xdec"),
        ("published_conv_xdec", "conv3x3_6x6x16_7", "1:8", "xdec"),
        ("word_gather_mac", "conv3x3_6x6x16_7", "1:4", "gmac"),
        ("word_gather_mac", "conv3x3_6x6x32_7", "1:8", "gmac"),
        ("word_gather_mac", "linear_64_33_t5", "1:16", "gmac"),
        ("word_gather_mac", "conv5x5s2_9x11x13_6", "2:4", "gmac"),
        ("word_gather_mac", "conv3x3_5x5x37_5", "2:8", "gmac"),
        ("byte_gather_mac", "linear_70_33_t1", "1:4", "gmac"),
        ("byte_gather_mac", "linear_70_33_t1", "1:16", "gmac"),
        ("byte_gather_mac_g4", "linear_70_33_t1", "1:8x4", "gmac"),
    ],
)
def test_kernels_that_need_an_extension_run_here_too(kernel: str, shape: str, pattern: str, isa: str) -> None:
    layer = network(Shape.parse(shape), pattern)
    planned = plan.make(layer, targets.get("cluster8"), named(isa), BUILT_IN, kernel_names=kernel)
    assert {layer.kernel.name for layer in planned.layers if layer.kernel} == {kernel}
    feeds = layer.border.encode(graph.random_inputs(layer, 3))
    program = host.program_of(planned)
    with HostProgram(program, host.build(program)) as loaded:
        found = loaded.run(feeds)
    assert all(np.array_equal(found[name], a) for name, a in graph.reference.run(layer, feeds).items())


def test_a_kernel_without_a_portable_body_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = plan.make(conv_linear(), targets.get("cluster8"), named("xcv"), BUILT_IN)

    def assembly_only(kernel: kernels.Kernel, isa: InstructionSet) -> None:
        raise KeyError(isa)

    monkeypatch.setattr(kernels.Kernel, "library", assembly_only)
    with pytest.raises(
        PlanError, match=r"layer 'conv', planned for xcv, runs .*, which has no portable body"
    ):
        host.program_of(planned)


def test_copies_do_not_share_tensors() -> None:
    network = conv_linear()
    program = _program(network)
    library = host.build(program)
    feeds = [network.border.encode(graph.random_inputs(network, seed)) for seed in (1, 2)]
    expected = [graph.reference.run(network, feed) for feed in feeds]
    wrong = []

    def work(number: int) -> None:
        loaded = HostProgram(program, library)
        for _ in range(50):
            if not np.array_equal(loaded.run(feeds[number])["scores"], expected[number]["scores"]):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def _mappings() -> int:
    return len(Path("/proc/self/maps").read_text().splitlines())


@pytest.mark.skipif(sys.platform != "linux", reason="counts Linux's list of mappings")
def test_programs_do_not_stay_in_memory() -> None:
    program = _program(conv_linear())
    library = host.build(program)
    feeds = conv_linear().border.encode(graph.random_inputs(conv_linear(), 1))

    def closed() -> None:
        with HostProgram(program, library) as loaded:
            loaded.run(feeds)

    def dropped() -> None:
        HostProgram(program, library).run(feeds)

    for use in (closed, dropped):
        use()
        before = _mappings()
        for _ in range(50):
            use()
        gc.collect()
        assert _mappings() < before + 20  # four mappings a program


@pytest.mark.skipif(sys.platform != "linux", reason="counts Linux's list of mappings")
def test_evaluation_closes_its_programs(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0.png").write_bytes(_png(0))
    network = conv_linear()
    nmcu.evaluate(network, tmp_path, jobs=8)
    before = _mappings()
    for _ in range(3):
        nmcu.evaluate(network, tmp_path, jobs=8)
    assert _mappings() < before + 3 * 8 * 4  # four mappings a program


def test_a_closed_program_says_so() -> None:
    program = _program(conv_linear())
    loaded = HostProgram(program, host.build(program))
    feeds = conv_linear().border.encode(graph.random_inputs(conv_linear(), 1))
    first = loaded.run(feeds)
    loaded.close()
    loaded.close()
    with pytest.raises(NmcuError, match="was closed"):
        loaded.run(feeds)
    assert first["scores"].size == 10  # results outlive the program


def test_inputs_that_do_not_fit_are_refused() -> None:
    program = _program(conv_linear())
    loaded = HostProgram(program, host.build(program))
    with pytest.raises(NmcuError, match="'image_q' is missing"):
        loaded.run({})
    with pytest.raises(NmcuError, match=r"uint8 of shape \(1, 8, 8, 3\)"):
        loaded.run({"image_q": np.zeros((1, 8, 8, 3), np.uint8)})


def _png(seed: int, size: int = 8) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def _label(network: Graph, png: bytes) -> int:
    """The class the reference gives: `conv_linear` takes uint8 images of scale 0.02 and zero point 125."""
    pixels = np.asarray(Image.open(io.BytesIO(png))).astype(np.float32) / np.float32(255)
    quantised = np.clip(np.rint(pixels / np.float32(0.02)) - 3, -128, 127) + 128
    outputs = graph.reference.run_model(network, {"image": quantised.astype(np.uint8)[np.newaxis]})
    return int(np.argmax(outputs["logits"]))


def test_evaluation_counts_what_the_reference_gets_right(tmp_path: Path) -> None:
    network = conv_linear()
    images = [_png(seed) for seed in range(20)]
    labels = [_label(network, png) for png in images]
    labels[3] = (labels[3] + 1) % 10
    table = pa.table(
        {"img": [{"bytes": png, "path": ""} for png in images], "label": labels, "fold": [0] * 20}
    )
    pq.write_table(table, tmp_path / "data.parquet")
    counted: list[int] = []
    result = nmcu.evaluate(network, tmp_path / "data.parquet", on_image=counted.append)
    assert (result.images, result.correct, result.top1) == (20, 19, 95.0)
    assert counted == list(range(1, 21))
    assert (result.target, result.isa) == ("cluster8", "xcv")
    other = nmcu.evaluate(network, tmp_path / "data.parquet", target="cv32e40p", isa="rv32")
    assert (other.correct, other.target, other.isa) == (19, "cv32e40p", "rv32")
    assert nmcu.evaluate(network, tmp_path / "data.parquet", limit=3, jobs=1).correct == 3


def test_evaluation_of_a_folder(tmp_path: Path) -> None:
    network = conv_linear()
    for name in "abcdefghij":
        (tmp_path / name).mkdir()
    for seed in range(6):
        png = _png(seed)
        (tmp_path / "abcdefghij"[_label(network, png)] / f"{seed}.png").write_bytes(png)
    (tmp_path / "a" / "notes.txt").write_text("not an image")
    assert nmcu.evaluate(network, tmp_path).correct == 6


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"img": [b"no image"], "label": [1]}, "row 0 of data.parquet is not an image"),
        ({"img": [_png(0)], "label": [10]}, "row 0 of data.parquet has label 10, .* classes are 0 to 9"),
        ({"img": [_png(0, size=9)], "label": [1]}, "9 x 9 pixels, the model needs 8 x 8"),
        ({"img": ["text"], "label": [1]}, "has the columns img, label"),
        ({"img": [b""], "x": [1], "y": [2]}, "has the columns img, x, y"),
        ({"img": pa.array([None], pa.binary()), "label": [1]}, "no image or no label"),
        ({"img": pa.array([], pa.binary()), "label": pa.array([], pa.int64())}, "no images"),
    ],
)
def test_bad_data_is_named(tmp_path: Path, columns: dict[str, object], message: str) -> None:
    pq.write_table(pa.table(columns), tmp_path / "data.parquet")
    with pytest.raises(NmcuError, match=message):
        nmcu.evaluate(conv_linear(), tmp_path / "data.parquet")


def test_missing_and_broken_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 nothing")
    (tmp_path / "empty").mkdir()
    for name, message in (
        ("broken.parquet", "cannot be read"),
        ("x", "cannot be read"),
        ("empty", "has no folders of images"),
    ):
        with pytest.raises(NmcuError, match=message):
            nmcu.evaluate(conv_linear(), tmp_path / name)


def test_preprocessing_comes_from_the_model_unless_given() -> None:
    network = conv_linear()
    assert host.Preprocessing.of(network) == host.Preprocessing((0.0,), (1.0,))
    network.model.metadata_props["nmcu.mean"] = "0.5, 0.25, 0"
    assert host.Preprocessing.of(network, std=(2.0,)) == host.Preprocessing((0.5, 0.25, 0.0), (2.0,))
    network.model.metadata_props["nmcu.mean"] = "half"
    with pytest.raises(ModelError, match=r"nmcu\.mean is 'half'"):
        host.Preprocessing.of(network)
    for mean, std in (((float("nan"),), (1.0,)), ((0.0,), (0.0,)), ((0.0,), (-1.0,))):
        with pytest.raises(
            NmcuError, match="are not possible: one number or three are needed, finite, std above 0"
        ):
            host.Preprocessing(mean, std)
