"""Float against int8: networks that ONNX Runtime's quantiser made, whole and with a parameter spoilt."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import nmcu
from nmcu.cli import main
from nmcu.errors import NmcuError

SHAPE = (1, 3, 8, 8)
COUNT = 20  # more than run at once


def float_network(path: Path, channels: int = 8, names: Callable[[str], str] = str) -> Path:
    """Two convolutions with a residual, a pool and a classifier; `names` renames all tensors inside."""
    rng = np.random.default_rng(5)

    def constant(name: str, *shape: int) -> TensorProto:
        values = rng.normal(0, 1 / np.sqrt(np.prod(shape[1:]) or 1), shape).astype(np.float32)
        return numpy_helper.from_array(values, name)

    def node(op: str, inputs: list[str], output: str, **attributes: object) -> onnx.NodeProto:
        kept = {"x", "y", *weights}
        renamed = [name if name in kept else names(name) for name in (*inputs, output)]
        return helper.make_node(op, renamed[:-1], renamed[-1:], names(f"{output}_node"), **attributes)

    made = [constant("w1", channels, 3, 3, 3), constant("w2", channels, channels, 3, 3)]
    made += [constant("w3", 5, channels), constant("b3", 5)]
    weights = {each.name for each in made}
    nodes = [
        node("Conv", ["x", "w1"], "c1", pads=[1, 1, 1, 1]),
        node("Relu", ["c1"], "r1"),
        node("Conv", ["r1", "w2"], "c2", pads=[1, 1, 1, 1]),
        node("Add", ["c2", "r1"], "sum"),
        node("GlobalAveragePool", ["sum"], "pool"),
        node("Flatten", ["pool"], "flat"),
        node("Gemm", ["flat", "w3", "b3"], "y", transB=1),
    ]
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", SHAPE), ("y", (1, 5)))]
    graph = helper.make_graph(nodes, "g", ports[:1], ports[1:], made)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


def inputs() -> list[dict[str, np.ndarray]]:
    rng = np.random.default_rng(1)
    return [{"x": rng.normal(0, 1, SHAPE).astype(np.float32)} for _ in range(COUNT)]


def int8_network(source: Path, path: Path) -> Path:
    """QDQ by ONNX Runtime's own quantiser."""
    pytest.importorskip("onnxruntime")
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left = iter(inputs())

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self.left, None)

    quantization.quantize_static(
        str(source),
        str(path),
        Reader(),
        quant_format=quantization.QuantFormat.QDQ,
        activation_type=quantization.QuantType.QInt8,
        weight_type=quantization.QuantType.QInt8,
        per_channel=True,
    )
    return path


def spoilt(source: Path, path: Path, name: str, change: Callable[[np.ndarray], np.ndarray]) -> Path:
    """The model with a constant changed."""
    model = onnx.load(source)
    (found,) = (each for each in model.graph.initializer if each.name == name)
    found.CopyFrom(numpy_helper.from_array(change(numpy_helper.to_array(found)), name))
    onnx.save(model, path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`float.onnx`, `int8.onnx` and `data.npz`."""
    place = tmp_path_factory.mktemp("networks")
    int8_network(float_network(place / "float.onnx"), place / "int8.onnx")
    np.savez(place / "data.npz", x=np.stack([each["x"] for each in inputs()]))
    return place


def test_every_layer_is_matched_by_name(folder: Path) -> None:
    found = nmcu.compare(folder / "int8.onnx", folder / "float.onnx", folder / "data.npz")
    assert found.samples == COUNT
    assert [layer.tensor for layer in found.layers] == ["r1", "c2", "sum", "pool", "y"]
    assert found.unmatched == ()
    assert [layer.snr_db for layer in found.worst] == sorted(layer.snr_db for layer in found.layers)
    assert all(layer.snr_db > 25 for layer in found.layers)


def test_the_noise_of_the_output_is_that_of_both_files_outputs(folder: Path) -> None:
    pytest.importorskip("onnxruntime")
    from exact_session import exact_session

    found = nmcu.compare(folder / "int8.onnx", folder / "float.onnx", folder / "data.npz")
    sessions = [exact_session(folder / f"{name}.onnx") for name in ("float", "int8")]
    theirs, ours = (np.stack([s.run(["y"], feed)[0] for feed in inputs()]).astype(float) for s in sessions)
    (output,) = (layer for layer in found.layers if layer.tensor == "y")
    wanted = 10 * np.log10((theirs**2).sum() / ((ours - theirs) ** 2).sum())
    assert output.snr_db == pytest.approx(wanted, abs=0.5)  # a step here and there


def test_sensitivity_has_a_column_of_it(folder: Path) -> None:
    arguments = (folder / "int8.onnx", folder / "data.npz", ["1:4"])
    found = nmcu.sensitivity(*arguments, float_model=folder / "float.onnx", jobs=1)
    noise = nmcu.compare(folder / "int8.onnx", folder / "float.onnx", folder / "data.npz")
    wanted = {layer.name: layer.snr_db for layer in noise.layers}
    assert [layer.snr_db for layer in found.layers] == [wanted[layer.name] for layer in found.layers]


def test_layers_are_matched_by_place_where_names_differ(folder: Path, tmp_path: Path) -> None:
    other = float_network(tmp_path / "renamed.onnx", names=lambda name: f"t{sum(map(ord, name))}")
    renamed = nmcu.compare(folder / "int8.onnx", other, folder / "data.npz")
    named = nmcu.compare(folder / "int8.onnx", folder / "float.onnx", folder / "data.npz")
    assert [layer.snr_db for layer in renamed.layers] == [layer.snr_db for layer in named.layers]


@pytest.mark.parametrize(
    ("constant", "factor", "parameter"),
    [("r1_scale", 0.15, "output range"), ("c2_scale", 30, "output scale"), ("w2_scale", 1.3, "weight scale")],
)
def test_the_parameter_that_was_spoilt_is_named(
    constant: str, factor: float, parameter: str, folder: Path, tmp_path: Path
) -> None:
    wrong = spoilt(
        folder / "int8.onnx", tmp_path / "wrong.onnx", constant, lambda x: (x * factor).astype(x.dtype)
    )
    found = nmcu.compare(wrong, folder / "float.onnx", folder / "data.npz")
    tensor = "c2" if constant == "w2_scale" else constant.removesuffix("_scale")
    (layer,) = (each for each in found.layers if each.tensor == tensor)
    assert layer.parameter == parameter
    assert layer.noise is not None
    to_blame = [each for each in found.layers if each.noise is not None and each.parameter != "input"]
    assert layer.noise.own_snr_db == min(each.noise.own_snr_db for each in to_blame)


def test_a_float_model_of_another_network_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    other = float_network(tmp_path / "wide.onnx", channels=12, names=lambda name: f"o_{name}")
    with pytest.raises(NmcuError, match=r"\d of 3 layers of int8.onnx are like a tensor of wide.onnx: is it"):
        nmcu.compare(folder / "int8.onnx", other, folder / "data.npz")
    model = onnx.load(folder / "float.onnx")
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = 16
    onnx.save(model, tmp_path / "large.onnx")
    with pytest.raises(NmcuError, match=r"input 'x' of large.onnx has shape .* they are different networks"):
        nmcu.compare(folder / "int8.onnx", tmp_path / "large.onnx", folder / "data.npz")
    with pytest.raises(NmcuError, match=r"int8.onnx is quantised itself"):
        nmcu.compare(folder / "int8.onnx", folder / "int8.onnx", folder / "data.npz")
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(NmcuError, match=r"text.onnx: this is neither an ONNX nor a TFLite model"):
        nmcu.compare(folder / "int8.onnx", tmp_path / "text.onnx", folder / "data.npz")


def test_the_command_prints_a_table_or_json(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = [folder / "int8.onnx", "--float", folder / "float.onnx", "--data", folder / "data.npz"]
    for more in ([], ["--json"]):
        with pytest.raises(SystemExit) as caught:
            main(["compare", *map(str, arguments), *more])
        assert not caught.value.code
    table, _, values = capfd.readouterr().out.partition("{")
    assert "look at" in table and "5 of 5 layers matched" in table
    rows = json.loads("{" + values)["layers"]
    assert [row["snr_db"] for row in rows] == sorted(row["snr_db"] for row in rows)
