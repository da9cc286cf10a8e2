"""Exported files run in ONNX Runtime and in the integer reference, patterns intact; nothing is half-written."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from nmcu import graph, operators, sparsity
from nmcu import train as nt
from nmcu.errors import NmcuError
from nmcu.train.conversion import _differences, _steps
from nmcu.train.runtime import session as unoptimised
from train.nets import Flattened, Recurrent, Residual, Tokens, settle


def _weights(path: Path) -> dict[str, np.ndarray]:
    model = onnx.load(path)
    return {i.name: onnx.numpy_helper.to_array(i) for i in model.graph.initializer}


@pytest.mark.parametrize(
    ("model", "shape"), [(Residual, (3, 8, 8)), (Flattened, (3, 4, 4)), (Tokens, (4, 16))]
)
def test_files_agree_with_pytorch(model: type[nn.Module], shape: tuple[int, ...], tmp_path: Path) -> None:
    net, sample = settle(model(), shape), torch.randn(16, *shape)
    assert nt.export(net, sample, tmp_path / "net.onnx") < 0.3
    exported = onnx.load(tmp_path / "net.onnx")
    assert not {n.op_type for n in exported.graph.node} & {
        "Relu",
        "Clip",
        "Transpose",
        "BatchNormalization",
    } - {"Transpose" if model is Tokens else ""}
    names = [n.name for n in exported.graph.node]
    assert len(set(names)) == len(names)


class Rearranged(nn.Module):
    """Normalised groups, mirrored borders, shuffled pixels, extremes; (N, 3, 8, 8) in."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *(nn.ReflectionPad2d(1), nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8), nn.ReLU()),
            *(nn.PixelShuffle(2), nn.Conv2d(2, 4, 3), nn.InstanceNorm2d(4, affine=True), nn.Conv2d(4, 4, 1)),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.body(x)
        return torch.div(y.sum((2, 3)), torch.sigmoid(torch.amax(y.flip(3), (2, 3))) + 1.0)


def test_networks_that_normalise_groups_and_rearrange_maps_are_exported(tmp_path: Path) -> None:
    net, sample = settle(Rearranged(), (3, 8, 8)), torch.randn(8, 3, 8, 8)
    nt.export(net, sample, tmp_path / "net.onnx")
    kinds = {layer.kind for layer in operators.load(tmp_path / "net.onnx").layers}
    assert {"layernorm", "gather", "transpose", "maxpool", "avgpool", "slice", "div"} <= kinds


@pytest.mark.parametrize("pattern", ["1:4", "1:8x4"])
def test_the_integer_reference_equals_onnx_runtime(pattern: str, tmp_path: Path) -> None:
    net, sample = settle(Residual(), (3, 8, 8)), torch.randn(16, 3, 8, 8)
    nt.sparsify(net, pattern, skip=["fc"])
    path = tmp_path / "net.onnx"
    nt.export(net, sample, path, mean=0.5, std=(0.2, 0.25, 0.3))
    session = unoptimised(path.read_bytes())
    integer = operators.load(path)
    scale = _weights(path)["fc.scale"]
    for x in sample.numpy():
        expected = session.run(None, {"input": x[None]})[0]
        found = next(iter(graph.reference.run_model(integer, {"input": x[None]}).values()))
        assert np.abs(found - expected).max() <= 2.5 * scale
    weight = _weights(path)["conv.weight.quantized"]
    assert weight.dtype == np.int8
    assert str(sparsity.detect(np.moveaxis(weight, 1, -1))) == pattern
    assert {p.key: p.value for p in onnx.load(path).metadata_props} == {
        "nmcu.mean": "0.5",
        "nmcu.std": "0.2,0.25,0.3",
    }


def test_values_and_weights_are_named_after_the_modules(tmp_path: Path) -> None:
    nt.export(settle(Residual(), (3, 8, 8)), torch.randn(4, 3, 8, 8), tmp_path / "net.onnx")
    layers = [
        (n.op_type, n.name) for n in onnx.load(tmp_path / "net.onnx").graph.node if "Linear" not in n.op_type
    ]
    assert layers == [
        ("Conv", "stem.0"),
        ("Conv", "conv"),
        ("Add", "add"),
        ("GlobalAveragePool", "pool"),
        ("Reshape", "pool.reshape"),
        ("Gemm", "fc"),
    ]
    names = set(_weights(tmp_path / "net.onnx"))
    assert {"conv.weight.quantized", "conv.weight.scale", "conv.bias.quantized", "add.scale"} <= names


def test_export_before_calibration_is_refused(tmp_path: Path) -> None:
    sample = torch.randn(2, 3, 8, 8)
    with pytest.raises(NmcuError, match="'x' has never seen data: call calibrate"):
        nt.export(nt.quantize(Residual().eval(), sample), sample, tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_activations_beyond_relu(tmp_path: Path) -> None:
    for kind in (nn.PReLU, nn.Softplus, nn.Softsign, nn.Mish, nn.SELU, nn.CELU):
        net = nn.Sequential(nn.Conv2d(3, 8, 3), kind(), nn.Conv2d(8, 4, 3))
        nt.export(net.eval(), torch.randn(8, 3, 8, 8), tmp_path / "net.onnx")
        assert len(operators.load(tmp_path / "net.onnx").layers) == 3


@pytest.mark.parametrize(
    "layer",
    [
        nn.ConvTranspose2d(8, 6, 2, stride=2),
        nn.ConvTranspose2d(8, 6, 3, stride=2, padding=1, output_padding=1, bias=False),
        nn.ConvTranspose2d(8, 4, 4, stride=2, padding=1, groups=2),
    ],
)
def test_transposed_convolutions(tmp_path: Path, layer: nn.ConvTranspose2d) -> None:
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), layer, nn.BatchNorm2d(layer.out_channels), nn.ReLU())
    settle(net, (3, 8, 8))
    sample = torch.randn(8, 3, 8, 8)
    quantized = nt.quantize(net, sample)
    nt.calibrate(quantized, [sample])
    with torch.no_grad():
        difference = (quantized.eval()(sample) - net.eval()(sample)).abs().mean()
        assert difference < 0.05 * net(sample).abs().mean()
    nt.export(quantized, sample, tmp_path / "net.onnx")
    kinds = [x.kind for x in operators.load(tmp_path / "net.onnx").layers]
    assert kinds == ["conv", "dilate", "conv"]


class _Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.maximum(x, self.conv(torch.relu(self.conv(x))))


def test_a_layer_used_twice_has_a_bias_for_each_scale(tmp_path: Path) -> None:
    nt.export(_Shared(), torch.randn(8, 3, 8, 8), tmp_path / "net.onnx")
    assert [x.kind for x in operators.load(tmp_path / "net.onnx").layers][:2] == ["conv", "conv"]


def test_what_no_file_could_say_is_refused(tmp_path: Path) -> None:
    sample = torch.randn(4, 3, 8, 8)
    for options, message in (
        ({"std": 0}, "std is 0; one finite number"),
        ({"mean": [0.5, 0.5]}, r"mean is \[0.5, 0.5\]; one finite number or one for each of 3 channels"),
    ):
        with pytest.raises(NmcuError, match=message):
            nt.export(Residual(), sample, tmp_path / "net.onnx", **options)
    with pytest.raises(NmcuError, match=r"let it end in \.onnx"):
        nt.export(Residual(), sample, tmp_path / "net")
    with pytest.raises(NmcuError, match="the sample is a ndarray"):
        nt.export(Residual(), sample.numpy(), tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_a_broken_pattern_is_found_and_nothing_is_written(tmp_path: Path) -> None:
    net, sample = settle(Residual(), (3, 8, 8)), torch.randn(4, 3, 8, 8)
    nt.sparsify(net, "1:8", skip=["fc"])
    quantized = nt.quantize(net, sample)
    nt.calibrate(quantized, [sample])
    quantized.conv.parametrizations.weight[0].mask.fill_(True)
    quantized.conv.parametrizations.weight.original.data.normal_()
    with pytest.raises(NmcuError, match="'conv' breaks its pattern 1:8"):
        nt.export(quantized, sample, tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_an_impossible_path_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NmcuError, match=r"cannot write .*(Not a directory|File exists)"):
        nt.export(Residual(), torch.randn(4, 3, 8, 8), tmp_path / "file" / "net.onnx")
    nt.export(Residual(), torch.randn(4, 3, 8, 8), tmp_path / "made" / "net.onnx")
    assert [file.name for file in (tmp_path / "made").iterdir()] == ["net.onnx"]


def test_channels_last_models_export_the_same_graph(tmp_path: Path) -> None:
    net = settle(Residual(), (3, 8, 8)).to(memory_format=torch.channels_last)
    sample = torch.randn(4, 3, 8, 8).to(memory_format=torch.channels_last)
    nt.export(net, sample, tmp_path / "net.onnx")
    assert "Gather" not in {n.op_type for n in onnx.load(tmp_path / "net.onnx").graph.node}


class _Heads(nn.Module):
    """A small-valued output first, one a hundred times larger last, and one that is used again inside."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3)
        self.fine = nn.Conv2d(8, 4, 1)
        self.coarse = nn.Conv2d(8, 4, 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        features = torch.relu(self.stem(x))
        return self.fine(features), features, 100 * self.coarse(features)


def test_several_outputs_are_checked_each_with_its_own_step(tmp_path: Path) -> None:
    net, sample = _Heads().eval(), torch.randn(16, 3, 8, 8)
    quantized = nt.quantize(net, sample)
    nt.calibrate(quantized, [sample])
    quantized.eval()
    path = tmp_path / "net.onnx"
    assert nt.export(quantized, sample, path) < 0.3
    data = path.read_bytes()
    steps = _steps(onnx.load_from_string(data).graph)
    assert list(steps) == ["output0", "output1", "output2"] and steps["output2"] > 30 * steps["output0"]

    class Shifted(nn.Module):
        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
            fine, *rest = quantized(x)
            return fine + 3 * steps["output0"], *rest

    found = _differences(Shifted(), sample, data)
    assert found["output0"] == pytest.approx(3, abs=0.3) and max(found["output1"], found["output2"]) < 0.3
    integer = operators.load(path)
    ours = graph.reference.run_model(integer, {"input": sample.numpy()[:1]})
    for name, wanted in zip(steps, quantized(sample[:1]), strict=True):
        assert np.abs(ours[name] - wanted.detach().numpy()).max() <= 2.5 * steps[name]


def test_one_value_may_be_several_outputs(tmp_path: Path) -> None:
    """Dropout is nothing in evaluation mode: PyTorch writes an Identity behind the last quantised value."""

    class Dropped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.drop = nn.Linear(8, 8), nn.Dropout()

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
            y = self.fc(x)
            return y, self.drop(y)

    x = torch.randn(4, 8)
    nt.export(Dropped().eval(), x, tmp_path / "net.onnx")
    found = graph.reference.run_model(operators.load(tmp_path / "net.onnx"), {"input": x.numpy()[:1]})
    assert list(found) == ["output0", "output1"] and np.array_equal(found["output0"], found["output1"])


def test_an_output_before_the_last_quantiser_is_checked_with_its_own_step(tmp_path: Path) -> None:
    """A branch that leads nowhere has the last quantiser, with steps a hundred times larger."""

    class Branch(_Heads):
        def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
            fine, _, _ = super().forward(x)
            return fine

    sample = torch.randn(16, 3, 8, 8)
    quantized = nt.quantize(Branch().eval(), sample)
    nt.calibrate(quantized, [sample])
    last = quantized.get_submodule("quantizers.mul")
    nt.export(quantized, sample, tmp_path / "net.onnx")
    (step,) = _steps(onnx.load(tmp_path / "net.onnx").graph).values()
    assert step < float(last.scale) / 30


def test_bugs_of_ours_are_not_called_bugs_of_pytorch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*args: object, **options: object) -> None:
        raise AssertionError("ours")

    monkeypatch.setattr(torch.onnx, "export", broken)
    with pytest.raises(AssertionError, match="ours"):
        nt.export(Residual(), torch.randn(4, 3, 8, 8), tmp_path / "net.onnx")


def test_a_layer_that_the_exporter_changes_is_named_however_little_shows(tmp_path: Path) -> None:
    """PyTorch 2.13 leaves divisor_override out; in the output, behind a layer of zeros, nothing of it shows."""
    net = nn.Sequential(
        nn.AvgPool2d(1, divisor_override=3), nn.Conv2d(3, 4, 1), nn.Flatten(), nn.Linear(64, 4)
    )
    nn.init.zeros_(net[3].weight)
    with pytest.raises(NmcuError, match=r"'0' differs by .* quantisation steps in ONNX Runtime"):
        nt.export(net.eval(), torch.randn(4, 3, 4, 4), tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_a_pooling_that_onnx_sizes_otherwise_is_named() -> None:
    """PyTorch leaves a last window out that begins behind the map; ONNX's ceil_mode counts it."""
    net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.MaxPool2d(1, stride=3, ceil_mode=True))
    with pytest.raises(NmcuError, match="export of '1' has another shape in ONNX: a pooling with ceil_mode"):
        nt.quantize(net, torch.randn(2, 3, 3, 3))


@pytest.mark.parametrize("steps", [1, 4])
def test_an_output_may_have_its_batch_elsewhere(steps: int, tmp_path: Path) -> None:
    """Four steps were a traceback, a single one, whose shape broadcasts, another network."""
    net, sample = Recurrent(steps).eval(), torch.randn(3, steps, 6)
    assert nt.export(net, sample, tmp_path / "net.onnx") < 0.3
    integer = operators.load(tmp_path / "net.onnx")
    (found,) = graph.reference.run_model(integer, {"input": sample.numpy()[:1]}).values()
    expected = net(sample[:1]).detach().numpy()
    assert found.shape == expected.shape == (steps, 1, 8)
    assert np.abs(found - expected).max() < 0.05
