"""The quantised copy is the user's network: what is folded goes where it belongs, and a wrong copy is seen."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, fx, nn

from nmcu import operators
from nmcu import train as nt
from nmcu.errors import NmcuError
from nmcu.train import masks, trace
from train.nets import Residual, settle


class _Tokens(nn.Module):
    """BatchNorm1d normalises axis 1 of (N, tokens, features): the tokens, unless they are moved behind the features."""

    def __init__(self, moved: bool) -> None:
        super().__init__()
        self.fc, self.bn, self.moved = nn.Linear(8, 8), nn.BatchNorm1d(8), moved

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc(x)
        return self.bn(x.transpose(1, 2)).transpose(1, 2) if self.moved else self.bn(x)


class _OneImage(nn.Module):
    """A Conv1d without a batch gives (channels, length), of which BatchNorm1d normalises the length."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.bn = nn.Conv1d(4, 8, 1), nn.BatchNorm1d(8)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x))


def _with_statistics(net: nn.Module) -> nn.Module:
    for norm in (m for m in net.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)):
        for tensor in (norm.weight.data, norm.bias.data, norm.running_mean, norm.running_var):
            tensor.copy_(torch.rand(norm.num_features) + 0.2)
    return net.eval()


@pytest.mark.parametrize(
    ("net", "shape"), [(_Tokens(moved=False), (4, 8, 8)), (_OneImage(), (4, 8))], ids=["tokens", "unbatched"]
)
def test_batchnorm_over_another_axis_than_the_channels_is_refused(
    net: nn.Module, shape: tuple[int, ...]
) -> None:
    with pytest.raises(NmcuError, match=r"'bn' normalises axis 1 of \(.*8\), which is not the channels of"):
        nt.quantize(_with_statistics(net), torch.randn(*shape))


@pytest.mark.parametrize(
    ("net", "shape"),
    [
        (nn.Sequential(nn.Linear(8, 6), nn.BatchNorm1d(6)), (16, 8)),
        (nn.Sequential(nn.Conv1d(4, 6, 3), nn.BatchNorm1d(6)), (16, 4, 6)),
        (nn.Sequential(nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6)), (16, 4, 6, 6)),
        (nn.Sequential(nn.ConvTranspose2d(4, 6, 2), nn.BatchNorm2d(6)), (16, 4, 6, 6)),
    ],
)
def test_batchnorm_over_the_channels_is_folded(net: nn.Module, shape: tuple[int, ...]) -> None:
    x = torch.randn(*shape)
    quantized = nt.quantize(_with_statistics(net), x)
    nt.calibrate(quantized, [x])
    assert (quantized.eval()(x) - net(x)).std() < 0.02 * net(x).std()


def test_a_copy_that_computes_something_else_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The export compares with the folded copy: only the user's own module shows a wrong fold."""
    net, x = settle(Residual(), (3, 8, 8)), torch.randn(4, 3, 8, 8)
    right = trace.fold_batchnorm

    def wrong(graph: fx.GraphModule) -> None:
        right(graph)
        with torch.no_grad():
            graph.conv.bias[0] += 0.5

    monkeypatch.setattr(trace, "fold_batchnorm", wrong)
    with pytest.raises(
        NmcuError, match="the copy of Residual made for quantisation computes something else than"
    ):
        nt.export(net, x, tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_dropout_that_never_stops_is_named() -> None:
    class Dropped(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return nn.functional.dropout(x + 1, 0.5)

    with pytest.raises(
        NmcuError, match=r"another result each time in evaluation mode: .* training=self.training"
    ):
        nt.quantize(Dropped(), torch.randn(2, 3, 8, 8))


def test_layers_that_begin_with_zeros_learn_and_are_saved(tmp_path: Path) -> None:
    """`zero_init_residual` and zero-initialised heads: zeros are no pattern to keep."""
    net, x = Residual(), torch.randn(16, 3, 8, 8)
    nn.init.zeros_(net.bn.weight)
    nn.init.zeros_(net.fc.weight)
    nn.init.constant_(net.fc.bias, -4.6)
    quantized = nt.quantize(settle(net, (3, 8, 8)), x)
    nt.calibrate(quantized, [x])
    nt.export(quantized, x, tmp_path / "zero.onnx")
    (head,) = (layer for layer in operators.load(tmp_path / "zero.onnx").layers if layer.name == "fc")
    assert not head.constants["weight"].any()
    assert masks.of(quantized.conv) is None and masks.of(quantized.fc) is None
    optimizer = torch.optim.SGD(quantized.parameters(), lr=0.5)
    for _ in range(2):
        optimizer.zero_grad()
        nn.functional.cross_entropy(quantized(x), torch.arange(16) % 4).backward()
        optimizer.step()
    assert (quantized.fc.weight != 0).float().mean() > 0.9 and (
        quantized.conv.weight != 0
    ).float().mean() > 0.9


def test_a_value_that_is_always_zero_is_saved(tmp_path: Path) -> None:
    """One pixel normalised over itself, a dead branch: at the smallest scale, no layer could compute with it."""
    net, x = (
        nn.Sequential(nn.Conv1d(4, 8, 1), nn.LayerNorm(1, bias=False), nn.Tanh(), nn.Conv1d(8, 8, 1)),
        torch.randn(4, 4, 1),
    )
    assert nt.export(net.eval(), x, tmp_path / "net.onnx") < 1


def test_zero_channels_inside_a_pattern_learn_at_its_positions() -> None:
    net = settle(Residual(), (3, 8, 8))
    nt.sparsify(net, {"conv": "1:8"}).finish()
    nn.init.zeros_(net.bn.weight[:4])
    mask = masks.of(nt.quantize(net, torch.randn(2, 3, 8, 8)).conv)
    assert mask is not None and mask.frozen
    assert (mask.mask.view(16, 2, 8, 9).sum(2) == 1).all(), "one position a block, in the zero channels, too"


def test_values_changed_where_they_lie_under_a_view_are_named() -> None:
    """`y` is a view of `x + 1` and changes with it; each quantised value is one of its own."""

    class Shared(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            x = x + 1
            y = x.unsqueeze(1)
            x += 1
            return y * x

    with pytest.raises(
        NmcuError,
        match=r"something else than Shared .* changes values in place that others share .*write x = x \+ 1;",
    ):
        nt.quantize(Shared(), torch.ones(2, 8))


def test_what_reads_a_value_changed_in_place_reads_the_changed_one(tmp_path: Path) -> None:
    """Max and the block's sum read what the ReLU gave: it has a scale, and the layer before it is clamped by it."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.relu = nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(inplace=True)

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x)
            z = self.conv(self.relu(y))
            z = self.relu(z) + z
            return torch.maximum(z + y, nn.functional.silu(y, inplace=True)) * y

    net, x = Block().eval(), torch.randn(4, 4, 6, 6)
    quantized = nt.quantize(net, x)
    nt.calibrate(quantized, [x])
    assert not any(getattr(module, "inplace", False) for module in quantized.modules())
    assert net.relu.inplace
    error = (quantized.eval()(x) - net(x)).std() / net(x).std()
    assert error < 0.05
    nt.export(quantized, x, tmp_path / "net.onnx")
    assert "relu" not in [layer.kind for layer in operators.load(tmp_path / "net.onnx").layers]


def test_a_clamp_that_is_an_output_stays(tmp_path: Path) -> None:
    """Both outputs are one tensor in PyTorch; an output reads the ReLU that a quantiser makes needless."""

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.ReLU(), nn.ReLU(inplace=True)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            y = self.first(x)
            return self.second(y), y

    x = torch.randn(4, 8)
    quantized = nt.quantize(Twice(), x)
    nt.calibrate(quantized, [x])
    nt.export(quantized, x, tmp_path / "net.onnx")
    assert len(operators.load(tmp_path / "net.onnx").border.model_outputs) == 2


def test_a_network_that_changes_its_input_leaves_the_users_data() -> None:
    class Normalised(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            x -= 0.5
            return x * 2

    x = torch.randn(4, 8)
    before = x.clone()
    quantized = nt.quantize(Normalised(), x)
    nt.calibrate(quantized, [x])
    assert torch.equal(x, before)
    assert (quantized.eval()(x) - 2 * (before - 0.5)).abs().max() < 0.05


@pytest.mark.parametrize("part", [lambda x: x.split([4, 4], 1)[0], lambda x: nn.functional.max_pool2d(x, 4)])
def test_parts_of_a_value_say_nothing_about_its_range(part: Callable[[Tensor], Tensor]) -> None:
    """They were averaged into it, as if they were batches: the largest values were cut off."""

    class Parted(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            x = x + 0.5
            return x, part(x)

    x = torch.randn(4, 8, 4, 4)
    quantized = nt.quantize(Parted(), x)
    nt.calibrate(quantized, [x])
    assert (
        quantized.quantizers.add.low == (x + 0.5).min() and quantized.quantizers.add.high == (x + 0.5).max()
    )
