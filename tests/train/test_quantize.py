"""The fake-quantised copy computes what the integer graph will."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from nmcu import operators, sparsity
from nmcu import train as nt
from nmcu.errors import NmcuError
from nmcu.train import masks
from nmcu.train.fakequant import ActivationQuant, weight_scale
from nmcu.train.trace import traced
from train.nets import Flattened, Residual, Tokens, settle


@pytest.mark.parametrize(
    ("model", "shape"), [(Residual, (3, 8, 8)), (Tokens, (4, 16)), (Flattened, (3, 4, 4))]
)
def test_int8_stays_close_to_float(model: type[nn.Module], shape: tuple[int, ...]) -> None:
    net = settle(model(), shape)
    images = torch.randn(32, *shape)
    quantized = nt.quantize(net, images)
    nt.calibrate(quantized, [images])
    quantized.eval()
    error = (quantized(images) - net(images)).std() / net(images).std()
    assert error < 0.05


def test_folding_changes_nothing() -> None:
    net = settle(Residual(), (3, 8, 8))
    images = torch.randn(4, 3, 8, 8)
    graph, _ = traced(net, images)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in graph.modules())
    torch.testing.assert_close(graph(images), net(images), rtol=1e-4, atol=1e-5)


def test_a_constant_factor_goes_into_the_linear_layer() -> None:
    net = Tokens().eval()
    tokens = torch.randn(2, 4, 16)
    graph, _ = traced(net, tokens)
    torch.testing.assert_close(graph.q.weight, net.q.weight * 0.25)
    torch.testing.assert_close(graph(tokens), net(tokens))


class _Twice(nn.Module):
    """Layers used more than once, and weights that two layers share."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.tied, self.twin = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.twin.weight = self.tied.weight

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x) * 0.5 + self.fc(x + 1) + torch.mul(self.tied(x), 0.25) + self.twin(x)


def test_a_factor_behind_a_shared_layer_changes_nothing_else() -> None:
    net, x = _Twice(), torch.randn(4, 8)
    graph, _ = traced(net, x)
    torch.testing.assert_close(graph(x), net(x))
    quantized = nt.quantize(net, x)
    nt.calibrate(quantized, [x])
    assert (quantized.eval()(x) - net(x)).abs().max() < 0.1


class _SharedNorm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.bn = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(self.bn(self.conv(x)).relu()))


def test_everything_is_on_the_device_of_the_sample() -> None:
    """As on a GPU; `meta` needs none, but knows no fake quantisation of weights."""
    net = nn.Sequential(nn.Sigmoid(), nn.AvgPool2d(2), nn.Softmax(1))
    quantized = nt.quantize(net, torch.randn(2, 16, 8, 8, device="meta"))
    assert {buffer.device.type for buffer in quantized.buffers()} == {"meta"}


def test_weights_are_symmetric_int8_per_channel() -> None:
    net = settle(Residual(), (3, 8, 8))
    quantized = nt.quantize(net, torch.randn(2, 3, 8, 8))
    dense = masks.dense_weight(quantized.conv)
    steps = quantized.conv.weight / weight_scale(dense)[:, None, None, None]
    torch.testing.assert_close(steps, steps.round(), atol=1e-3, rtol=0)
    assert steps.abs().flatten(1).amax(1).round().tolist() == [127] * 16


def test_ranges_contain_zero_exactly() -> None:
    quant = ActivationQuant()
    quant(torch.tensor([0.3, 2.0]))
    assert quant(torch.zeros(1)).item() == 0.0 and int(quant.zero_point) == -128
    quant(torch.tensor([-1.0, -0.5]))
    assert quant(torch.zeros(1)).item() == 0.0


@pytest.mark.parametrize("zero_point", [-128, 3, 127])
def test_values_are_quantised_as_pytorch_does(zero_point: int) -> None:
    quant = ActivationQuant(fixed=(0.0, 1.0))
    quant.scale.fill_(0.0123)
    quant.zero_point.fill_(zero_point)
    values = torch.cat([torch.randn(4096) * 2, 0.0123 * (torch.arange(-300, 300) + 0.5)])
    ours, theirs = (values.clone().requires_grad_() for _ in range(2))
    result = quant(ours)
    expected = torch.fake_quantize_per_tensor_affine(theirs, quant.scale, quant.zero_point, -128, 127)
    assert torch.equal(result, expected)
    result.backward(values)
    expected.backward(values)
    assert ours.grad is not None and theirs.grad is not None and torch.equal(ours.grad, theirs.grad)
    assert 0 < int((ours.grad == 0).sum()) < len(values)


def test_fine_tuning_keeps_the_pattern_and_lowers_the_loss() -> None:
    net = settle(Residual(), (3, 8, 8))
    nt.sparsify(net, "1:8", skip=["fc"])
    images, labels = torch.randn(16, 3, 8, 8), torch.arange(16) % 4
    quantized = nt.quantize(net, images)
    nt.calibrate(quantized, [images])
    kept = quantized.conv.weight != 0
    optimizer = torch.optim.SGD(quantized.parameters(), lr=0.05)
    losses = []
    for _ in range(8):
        loss = nn.functional.cross_entropy(quantized(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert not ((quantized.conv.weight != 0) & ~kept).any()
    nt.verify(quantized)


def test_a_pattern_in_plain_weights_is_kept() -> None:
    net = settle(Residual(), (3, 8, 8))
    nt.sparsify(net, "1:16x4", skip=["fc"]).finish()
    quantized = nt.quantize(net, torch.randn(2, 3, 8, 8))
    mask = masks.of(quantized.conv)
    assert mask is not None and str(mask.pattern) == "1:16x4" and mask.frozen


def test_a_pattern_behind_a_flatten_is_kept() -> None:
    """It runs in the device's order, channels fastest."""
    net = settle(Flattened(), (3, 4, 4))
    nt.sparsify(net, {"fc": "1:8"}, channels={"fc": 8}).finish()
    mask = masks.of(nt.quantize(net, torch.randn(2, 3, 4, 4)).fc)
    assert mask is not None and str(mask.pattern) == "1:8" and mask.frozen


def test_frozen_ranges_stay() -> None:
    quantized = nt.quantize(Residual(), torch.randn(2, 3, 8, 8))
    nt.calibrate(quantized, [torch.randn(2, 3, 8, 8)])
    before = quantized.quantizers.x.scale.item()
    quantized(10 * torch.randn(2, 3, 8, 8))
    after = quantized.quantizers.x.scale.item()
    assert after > before
    nt.freeze_ranges(quantized)
    quantized(100 * torch.randn(2, 3, 8, 8))
    assert quantized.quantizers.x.scale.item() == after


class _Branching(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if x.sum() > 0 else -x


class _Sine(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.special.bessel_j0(x)


class _NamedOutputs(nn.Module):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"a": x + 1, "b": x * 2}


class _EarlyNorm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(x)


class _Fused(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(2)[:, :, :8]
        return self.attention(tokens, tokens, tokens)[0]


class _Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.lstm(x.flatten(1, 2))[0]


class _Mixing(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(0, 1).softmax(1)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (_Branching(), "cannot be traced by torch.fx"),
        (_Sine(), "special_bessel_j0 at 'special_bessel_j0' has no int8 form; supported: .*Conv2d"),
        (nn.RReLU(), "RReLU at '0' has no int8 form"),
        (_Fused(), "MultiheadAttention at '0.attention' has no int8 form"),
        (_Recurrent(), "LSTM at '0.lstm' cannot be trained in int8 as one layer: write its steps out"),
        (_Mixing(), "gives another result for inputs side by side in a batch"),
        (_NamedOutputs(), "gives {'a': add, 'b': mul}; supported: a tensor, or several different ones"),
        (_EarlyNorm(), "BatchNorm '0.bn' cannot be folded"),
        (_SharedNorm(), "BatchNorm '0.bn' cannot be folded into '0.conv', which the model uses 2 times"),
        (nn.Conv2d(8, 8, 1), "does not run on a sample of shape \\(2, 3, 8, 8\\): [^\n]*channels[^\n]*$"),
    ],
)
def test_unsupported_models_are_refused(model: nn.Module, message: str) -> None:
    with pytest.raises(NmcuError, match=message):
        nt.quantize(nn.Sequential(model), torch.randn(2, 3, 8, 8))


@pytest.mark.parametrize(
    ("first", "flat", "shape", "channels"),
    [
        (nn.Conv2d(3, 8, 3), lambda x: x.flatten(2).flatten(1), (3, 6, 6), 8),
        (nn.Conv1d(3, 8, 3), lambda x: torch.sigmoid(x).flatten(1), (3, 18), 8),
        (nn.Conv2d(3, 8, 3), lambda x: x.permute(0, 2, 3, 1).flatten(1), (3, 6, 6), None),
        (nn.Linear(8, 32), lambda x: x.reshape(-1, 4, 8, 4).flatten(1), (4, 8), None),
        (nn.Linear(8, 32), lambda x: x.flatten(1), (4, 8), None),
    ],
    ids=["map", "sequence", "channels last already", "heads", "tokens"],
)
def test_a_pattern_runs_as_the_device_holds_what_is_flattened(
    first: nn.Module,
    flat: Callable[[Tensor], Tensor],
    shape: tuple[int, ...],
    channels: int | None,
    tmp_path: Path,
) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.fc = first, nn.Linear(128, 8)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc(flat(torch.relu(self.first(x))))

    net, x = Net().eval(), torch.randn(4, *shape)
    nt.sparsify(net, {"fc": "1:8"}, channels={"fc": channels} if channels else None)
    nt.export(net, x, tmp_path / "net.onnx")
    (fc,) = (layer for layer in operators.load(tmp_path / "net.onnx").layers if layer.name == "fc")
    assert str(sparsity.detect(fc.constants["weight"])) == "1:8"


def test_blocks_across_a_flatten_are_refused() -> None:
    net = Flattened()
    nt.sparsify(net, {"fc": "1:8"})
    with pytest.raises(NmcuError, match=r"'fc' follows a Flatten .* channels=\{'fc': 8\}"):
        nt.quantize(net, torch.randn(2, 3, 4, 4))


def test_calibration_needs_data_and_finite_values() -> None:
    quantized = nt.quantize(Residual(), torch.randn(2, 3, 8, 8))
    with pytest.raises(NmcuError, match="at least one batch"):
        nt.calibrate(quantized, [])
    with pytest.raises(NmcuError, match="calibration batch 1 holds NaN or infinite values"):
        nt.calibrate(quantized, [torch.full((2, 3, 8, 8), float("inf"))])
    with pytest.raises(NmcuError, match="Residual is not quantised"):
        nt.freeze_ranges(Residual())


def test_a_failing_calibration_leaves_the_ranges() -> None:
    sample = torch.randn(2, 3, 8, 8)
    quantized = nt.quantize(Residual(), sample)
    nt.calibrate(quantized, [sample])
    before = quantized.quantizers.x.scale.item()
    for batches, message in (
        ([], "one batch"),
        ([{"x": sample}], "batch 1 is a dict"),
        ([sample * torch.inf], "batch 1 holds NaN or infinite values"),
        ([sample / sample.abs().max() * 3e38], "range of '.*' is not finite after calibration"),
        (3, "the calibration data are a int; batches are needed"),
        ([sample[:0]], r"batch 1 has shape \(0, 3, 8, 8\); at least one input"),
        ([sample.double()], "batch 1 is float64; dense float32 values"),
        ([sample[:, :2]], r"does not run on calibration batch 1 of shape \(2, 2, 8, 8\): .*channels"),
        ([sample * 0], "data are all 0; inputs like those the model will see"),
    ):
        with pytest.raises(NmcuError, match=message):
            nt.calibrate(quantized, batches)
        assert quantized.quantizers.x.scale.item() == before
        assert quantized.training and quantized.quantizers.x.enabled and quantized.quantizers.x.batches == 1


def test_calibration_forgets_what_was_seen_before() -> None:
    sample = torch.randn(2, 3, 8, 8)
    quantized = nt.quantize(Residual().eval(), sample)
    nt.calibrate(quantized, [sample])
    expected = quantized.quantizers.x.scale.item()
    quantized.train()(sample * torch.inf)
    nt.calibrate(quantized, [sample])
    assert quantized.quantizers.x.scale.item() == expected


def test_calibration_takes_batches_with_labels() -> None:
    quantized = nt.quantize(Residual().eval(), torch.randn(2, 3, 8, 8))
    nt.calibrate(quantized, [[torch.randn(4, 3, 8, 8), torch.zeros(4)]])
    assert quantized.quantizers.x.scale.item() < 1
