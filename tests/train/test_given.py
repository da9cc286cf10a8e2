"""What users hand to the training room that it cannot take: one sentence, before any work, with the layer's name."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from nmcu import graph, operators
from nmcu import train as nt
from nmcu.errors import NmcuError

SAMPLE = torch.randn(2, 3, 8, 8)


def _net() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU())


def _with(layer: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), layer)


class _Locked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def forward(self, x: Tensor) -> Tensor:
        return x


class _Picks(nn.Module):
    """What the model picks is for what reads its outputs."""

    def forward(self, x: Tensor) -> Tensor:
        return x.argmax(1)


class _AnyNumber(nn.Module):
    def forward(self, *x: Tensor) -> Tensor:
        return x[0]


class _FixedBatch(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(2, 192)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: nn.ReLU, r"the model is the class ReLU; an instance is needed: ReLU\(...\)"),
        (lambda: print, "the model is a builtin_function_or_method; a torch.nn.Module is needed"),
        (lambda: nn.DataParallel(_net()), r"the model is wrapped in DataParallel: give its \.module"),
        (
            lambda: nn.Sequential(nn.DataParallel(_net())),
            r"layer '0' is wrapped in DataParallel: give its \.module",
        ),
        (
            lambda: torch.optim.swa_utils.AveragedModel(_net()),
            r"is wrapped in AveragedModel: give its \.module",
        ),
        (lambda: torch.compile(_net()), r"what torch\.compile made of the model: give .* \._orig_mod"),
        (lambda: torch.jit.trace(_net(), SAMPLE), "is TorchScript .*: give the Python module"),
        (lambda: _net().bfloat16(), r"layer '0' has bfloat16 values; .* call model\.float\(\)"),
        (lambda: _net().double(), r"layer '0' has float64 values; .* call model\.float\(\)"),
        (lambda: _net().to("meta"), "layer '0' is on the device meta"),
        (lambda: _with(nn.LazyBatchNorm2d()), "layer '1' is lazy and has no weights yet: run the model once"),
        (_Locked, "_Locked cannot be copied, which quantisation begins with: cannot pickle"),
        (
            lambda: nn.Sequential(nn.utils.weight_norm(nn.Conv2d(3, 8, 3))),
            r"layer '0' .* the hook of torch\.nn\.utils\.weight_norm: use .*parametrizations\.weight_norm",
        ),
        (
            lambda: nn.Sequential(nn.utils.spectral_norm(nn.Conv2d(3, 8, 3))),
            r"layer '0' .* the hook of torch\.nn\.utils\.spectral_norm",
        ),
        (
            lambda: nn.Sequential(prune.l1_unstructured(nn.Conv2d(3, 8, 3), "bias", 0.5)),
            r"layer '0' .* the hook of torch\.nn\.utils\.prune: call torch\.nn\.utils\.prune\.remove",
        ),
        (lambda: nt.quantize(_net(), SAMPLE), "the model is quantised already: calibrate it"),
        (
            lambda: _with(nn.BatchNorm2d(8, track_running_stats=False)),
            "BatchNorm '1' keeps no running statistics .* train it with running statistics",
        ),
        (_Picks, "'argmax' gives int64 values, which have no int8 form: leave it out of the model"),
        (
            _FixedBatch,
            r"does not run on a sample of shape \(1, 3, 8, 8\): .* the first axis must be the batch",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_models_that_cannot_be_quantised(model: Callable[[], object], message: str) -> None:
    with pytest.raises(NmcuError, match=message):
        nt.quantize(model(), SAMPLE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (SAMPLE.numpy(), "the sample is a ndarray; one torch.Tensor"),
        ({"x": SAMPLE}, "the sample is a dict; one torch.Tensor"),
        (SAMPLE.to(torch.uint8), "the sample is uint8; dense float32 values are needed"),
        (SAMPLE.bfloat16(), "the sample is bfloat16; dense float32 values are needed"),
        (SAMPLE.to_sparse(), "the sample is a sparse tensor; dense float32 values are needed"),
        (SAMPLE[:0], r"the sample has shape \(0, 3, 8, 8\); at least one input and the axis of the batch"),
        (SAMPLE[0, 0, 0], r"the sample has shape \(8,\); at least one input and the axis of the batch"),
        (SAMPLE[0], r"does not run on a sample of shape \(1, 8, 8\): .* the first axis must be the batch"),
        (SAMPLE * torch.nan, "the sample holds NaN or infinite values"),
    ],
)
def test_samples_that_are_none(sample: object, message: str, tmp_path: Path) -> None:
    for call in (nt.quantize, lambda model, given: nt.export(model, given, tmp_path / "net.onnx")):
        with pytest.raises(NmcuError, match=message):
            call(nn.Conv2d(3, 8, 3), sample)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("norm", "shape"),
    [
        (nn.Sequential(nn.Linear(16, 8), nn.BatchNorm1d(8, affine=False)), (16,)),
        (nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8, affine=False)), (3, 8, 8)),
        (nn.Sequential(nn.Conv2d(3, 8, 3), nn.SyncBatchNorm(8)), (3, 8, 8)),
        (nn.Sequential(nn.ConvTranspose2d(4, 8, 2, groups=2), nn.BatchNorm2d(8, affine=False)), (4, 8, 8)),
    ],
)
def test_every_batchnorm_is_folded(norm: nn.Sequential, shape: tuple[int, ...], tmp_path: Path) -> None:
    """With learned factors or without, and that of several GPUs; `quantize` compares with the module itself."""
    norm[1].running_mean.normal_()
    norm[1].running_var.uniform_(0.5, 2)
    x = torch.randn(4, *shape)
    quantized = nt.quantize(norm.eval(), x)
    assert [type(m) for m in quantized.modules() if "Norm" in type(m).__name__] == []
    nt.calibrate(quantized, [x])
    assert (quantized.eval()(x) - norm(x)).abs().max() < 0.05 * norm(x).abs().max()


def test_a_hook_that_folding_would_lose() -> None:
    net = _net().eval()
    net[0].register_forward_hook(lambda module, inputs, output: 2 * output)
    with pytest.raises(NmcuError, match="layer '0' has a hook, which folding BatchNorm '1' would lose"):
        nt.quantize(net, SAMPLE)


def test_a_quantised_model_inside_another_is_named(tmp_path: Path) -> None:
    quantized = nt.quantize(_net(), SAMPLE)
    nt.calibrate(quantized, SAMPLE)  # one tensor is one batch
    assert int(next(iter(quantized.quantizers.children())).batches) == 1
    for call in (nt.freeze_ranges, lambda model: nt.calibrate(model, [SAMPLE])):
        with pytest.raises(NmcuError, match="Sequential is not quantised: give its submodule '0', which is"):
            call(nn.Sequential(quantized))


def test_nothing_is_exported_after_nan_came_by_in_training(tmp_path: Path) -> None:
    quantized = nt.quantize(_net(), SAMPLE)
    nt.calibrate(quantized, [SAMPLE])
    quantized(SAMPLE * torch.nan)
    with pytest.raises(
        NmcuError, match="range of 'input' is not finite because NaN or infinity came by in tr"
    ):
        nt.export(quantized, SAMPLE, tmp_path / "net.onnx")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": "half"}, "mean is half; one finite number or one for each of 3 channels"),
        ({"std": None}, "std is None; one finite number"),
        ({"metadata": {"classes": 10}}, "the metadata are {'classes': 10}; names and values as strings"),
    ],
)
def test_options_of_an_export(options: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(NmcuError, match=message):
        nt.export(_net().eval(), SAMPLE, tmp_path / "net.onnx", **options)  # type: ignore[arg-type]


def test_numbers_of_any_library_are_means(tmp_path: Path) -> None:
    """And the sample may require a gradient, as the output of another model does."""
    sample = SAMPLE.clone().requires_grad_()
    nt.export(_net().eval(), sample, tmp_path / "net.onnx", mean=np.float32(0.5), std=torch.tensor([1, 2, 3]))
    assert (tmp_path / "net.onnx").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pattern": 8}, "8 is no pattern as '1:8', and no schedule"),
        ({"pattern": ["1:4", "1:8"]}, "is no pattern as '1:8', and no schedule"),
        ({"pattern": {0: "1:8"}}, "0 is no glob: layers are named by strings"),
        ({"skip": None}, "None is no glob"),
        ({"interval": 0.5}, r"a mask interval of 0\.5 steps is not possible"),
        ({"decay": torch.nan}, "a decay of nan is not possible"),
        ({"channels": {"0": 0}}, "channels=0 of '0' is not possible"),
        ({"channels": 4}, "channels=4 is not possible: numbers by glob are needed"),
    ],
)
def test_options_of_pruning(options: dict[str, Any], message: str) -> None:
    net = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 16))
    with pytest.raises(NmcuError, match=message):
        nt.sparsify(net, **{"pattern": "1:8", **options})
    assert not any(nn.utils.parametrize.is_parametrized(layer) for layer in net)


def test_one_glob_is_one_glob() -> None:
    """Not a glob for each of its letters."""
    net = nn.Sequential(*(nn.Linear(16, 16) for _ in range(11)))
    assert len(nt.sparsify(net, "1:8", skip="10").patterns) == 10


@pytest.mark.filterwarnings("ignore")
def test_models_that_cannot_be_pruned() -> None:
    for model, message in (
        (nn.utils.weight_norm(nn.Linear(16, 16)), "the model has weights that are recomputed by the hook"),
        (nn.LazyLinear(16), "the model is lazy and has no weights yet"),
        (nt.quantize(_net(), SAMPLE), "is quantised already: sparsify it before you quantise it"),
    ):
        with pytest.raises(NmcuError, match=message):
            nt.sparsify(model, "1:8")


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            nn.Conv2d(8, 8, 3, padding=1, padding_mode="reflect"),
            r"layer '1' \(Conv\): .* supported is padding_mode='zeros'",
        ),
        (
            nn.AvgPool2d(2, divisor_override=3),
            r"'1' differs by .* quantisation steps in ONNX Runtime, given the same values: PyTorch's exporter",
        ),
        (
            nn.AdaptiveAvgPool2d(4),
            "'1' has no int8 form: PyTorch exports it with GatherND, as it does adaptive pooling",
        ),
        (nn.MaxPool2d(2, dilation=2), r"node '1' \(MaxPool\): dilations are not supported"),
        (
            nn.Upsample(scale_factor=2, mode="bicubic"),
            r"node '1' \(Resize\): mode 'cubic' .* is not supported",
        ),
    ],
)
def test_what_export_would_refuse_is_refused_before_the_training(layer: nn.Module, message: str) -> None:
    """By the same code, with the name of the module."""
    with pytest.raises(NmcuError, match=message):
        nt.quantize(_with(layer), torch.zeros(2, 3, 8, 8) if "Max" in message else SAMPLE)


def test_averages_over_what_ceil_mode_adds(tmp_path: Path) -> None:
    """PyTorch's default counts padding, but never what lies beyond it."""
    for padding in (0, 1):
        net = nn.Sequential(nn.Conv2d(3, 8, 1), nn.AvgPool2d(3, 2, padding, ceil_mode=True)).eval()
        nt.export(net, SAMPLE, tmp_path / "net.onnx")
        ours = graph.reference.run_model(operators.load(tmp_path / "net.onnx"), {"input": SAMPLE[:1].numpy()})
        expected = net(SAMPLE[:1]).detach().numpy()
        assert np.abs(ours["output"] - expected).max() < 0.05 * np.abs(expected).max()
