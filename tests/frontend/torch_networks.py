"""Three kinds of networks in PyTorch, and their export by three quantisers."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SHAPE = (1, 3, 16, 16)


class Layers:
    """Plain layers; a quantiser that needs layers of its own overrides these."""

    def input(self) -> nn.Module:
        return nn.Identity()

    def conv(self, cin: int, cout: int, kernel: int = 3, **options: Any) -> nn.Module:
        options.setdefault("padding", kernel // 2)
        return nn.Conv2d(cin, cout, kernel, **options)

    def up(self, cin: int, cout: int) -> nn.Module:
        return nn.ConvTranspose2d(cin, cout, 2, stride=2)

    def linear(self, cin: int, cout: int) -> nn.Module:
        return nn.Linear(cin, cout)

    def relu(self) -> nn.Module:
        return nn.ReLU()

    def relu6(self) -> nn.Module:
        return nn.ReLU6()

    def plain(self) -> nn.Module:
        """After a layer without an activation."""
        return nn.Identity()


class Pt2eLayers(Layers):
    """PT2E's quantiser knows a transposed convolution with its activation only; others keep float weights."""

    def up(self, cin: int, cout: int) -> nn.Module:
        return nn.Sequential(nn.ConvTranspose2d(cin, cout, 2, stride=2), nn.ReLU())


class BrevitasLayers(Layers):
    """Brevitas: the weights and every activation have a quantiser of their own."""

    def __init__(self) -> None:
        import brevitas.nn as qnn
        from brevitas.quant import Int8ActPerTensorFloat, Int8WeightPerChannelFloat

        self.qnn, self.act, self.weight = qnn, Int8ActPerTensorFloat, Int8WeightPerChannelFloat

    def input(self) -> nn.Module:
        return self.plain()

    def conv(self, cin: int, cout: int, kernel: int = 3, **options: Any) -> nn.Module:
        options.setdefault("padding", kernel // 2)
        return self.qnn.QuantConv2d(cin, cout, kernel, weight_quant=self.weight, **options)

    def up(self, cin: int, cout: int) -> nn.Module:
        return self.qnn.QuantConvTranspose2d(cin, cout, 2, stride=2, weight_quant=self.weight)

    def linear(self, cin: int, cout: int) -> nn.Module:
        return self.qnn.QuantLinear(cin, cout, bias=True, weight_quant=self.weight)

    def relu(self) -> nn.Module:
        return self.qnn.QuantReLU()

    def relu6(self) -> nn.Module:
        return nn.Sequential(nn.ReLU6(), self.plain())

    def plain(self) -> nn.Module:
        return self.qnn.QuantIdentity(act_quant=self.act)


class MobileNet(nn.Module):
    """Inverted residuals with ReLU6, as MobileNetV2."""

    def __init__(self, layers: Layers) -> None:
        super().__init__()
        self.input = layers.input()
        self.stem = nn.Sequential(layers.conv(3, 8, stride=2), layers.relu6())
        self.block = nn.Sequential(
            layers.conv(8, 24, 1),
            layers.relu6(),
            layers.conv(24, 24, groups=24),
            layers.relu6(),
            layers.conv(24, 8, 1),
            layers.plain(),
        )
        self.sum = layers.plain()
        self.pooled = layers.plain()
        self.head = nn.Sequential(layers.linear(8, 10), layers.plain())

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(self.input(x))
        x = self.sum(x + self.block(x))
        return self.head(self.pooled(F.adaptive_avg_pool2d(x, 1)).flatten(1))


class Inception(nn.Module):
    """Parallel branches of several kernel sizes, concatenated."""

    def __init__(self, layers: Layers) -> None:
        super().__init__()
        self.input = layers.input()
        self.one = nn.Sequential(layers.conv(3, 4, 1), layers.relu())
        self.three = nn.Sequential(layers.conv(3, 4, 1), layers.relu(), layers.conv(4, 6), layers.relu())
        self.five = nn.Sequential(layers.conv(3, 5, 5), layers.relu())
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), layers.conv(3, 4, 1), layers.relu())
        self.joined = layers.plain()
        self.head = nn.Sequential(layers.linear(19 * 8 * 8, 10), layers.plain())

    def forward(self, x: Tensor) -> Tensor:
        x = self.input(x)
        x = self.joined(torch.cat([self.one(x), self.three(x), self.five(x), self.pool(x)], 1))
        return self.head(F.max_pool2d(x, 2).flatten(1))


class UNet(nn.Module):
    """Down, up by transposed convolution and by nearest-neighbour resize, with skip connections."""

    def __init__(self, layers: Layers) -> None:
        super().__init__()
        self.input = layers.input()
        self.first = nn.Sequential(layers.conv(3, 6), layers.relu())
        self.second = nn.Sequential(layers.conv(6, 8), layers.relu())
        self.third = nn.Sequential(layers.conv(8, 8), layers.relu())
        self.up = nn.Sequential(layers.up(8, 8), layers.plain())
        self.join, self.last_join = layers.plain(), layers.plain()
        self.fourth = nn.Sequential(layers.conv(16, 6), layers.relu())
        self.head = nn.Sequential(layers.conv(12, 2, 1), layers.plain())

    def forward(self, x: Tensor) -> Tensor:
        a = self.first(self.input(x))
        b = self.second(F.max_pool2d(a, 2))
        c = self.third(F.max_pool2d(b, 2))
        d = self.fourth(self.join(torch.cat([self.up(c), b], 1)))
        d = F.interpolate(d, scale_factor=2.0, mode="nearest")
        return self.head(self.last_join(torch.cat([d, a], 1)))


NETWORKS: dict[str, Callable[[Layers], nn.Module]] = {
    "mobilenet": MobileNet,
    "inception": Inception,
    "unet": UNet,
}


def float_onnx(name: str, path: Path) -> Path:
    """The float network, for ONNX Runtime's quantiser."""
    return export(_built(name, Layers()).eval(), torch.randn(SHAPE), path)


def pt2e(name: str, path: Path) -> Path:
    """Quantised by torchao's PT2E flow, calibrated on noise."""
    return pt2e_of(_built(name, Pt2eLayers()).eval(), [torch.randn(SHAPE) for _ in range(4)], path)


def pt2e_of(module: nn.Module, batches: Sequence[Tensor], path: Path) -> Path:
    """`module` quantised by torchao's PT2E flow: symmetric weights per output channel, calibrated on `batches`.

    Per tensor where there is a transposed convolution: PT2E's channels are its input channels.
    """
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
    from torchao.testing.pt2e._xnnpack_quantizer import XNNPACKQuantizer, get_symmetric_quantization_config

    exported = torch.export.export(module, (batches[0],)).module()
    transposed = any(isinstance(m, nn.ConvTranspose2d) for m in module.modules())
    config = get_symmetric_quantization_config(is_per_channel=not transposed)
    quantizer = XNNPACKQuantizer().set_global(config)
    prepared = prepare_pt2e(exported, quantizer)
    for batch in batches:
        prepared(batch)
    return export(convert_pt2e(prepared), batches[0], path)


def brevitas(name: str, path: Path) -> Path:
    """Built of Brevitas layers, exported as QCDQ."""
    return _brevitas_export(_built(name, BrevitasLayers()), path)


def brevitas_with_bias(bias_quantiser: str, path: Path) -> Path:
    """A chain of Brevitas layers whose biases are integers, exported as QCDQ."""
    import brevitas.nn as qnn
    from brevitas import quant

    options = {
        "weight_quant": quant.Int8WeightPerChannelFloat,
        "bias_quant": getattr(quant, bias_quantiser),
    }
    torch.manual_seed(0)
    network = nn.Sequential(
        qnn.QuantIdentity(act_quant=quant.Int8ActPerTensorFloat, return_quant_tensor=True),
        qnn.QuantConv2d(3, 8, 3, padding=1, **options),
        qnn.QuantReLU(return_quant_tensor=True),
        nn.Flatten(),
        qnn.QuantLinear(8 * SHAPE[2] * SHAPE[3], 10, bias=True, **options),
        qnn.QuantIdentity(act_quant=quant.Int8ActPerTensorFloat),
    )
    return _brevitas_export(network, path, dynamo=False)


def _brevitas_export(network: nn.Module, path: Path, **options: bool) -> Path:
    from brevitas.export import export_onnx_qcdq

    network.train()
    for _ in range(4):
        network(torch.randn(4, *SHAPE[1:]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export_onnx_qcdq(network.eval(), torch.randn(SHAPE), str(path), opset_version=18, **options)
    return path


def _built(name: str, layers: Layers) -> nn.Module:
    torch.manual_seed(0)
    return NETWORKS[name](layers)


def export(module: nn.Module, example: Tensor, path: Path) -> Path:
    """`module` as ONNX, by PyTorch's exporter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module, (example,), dynamo=True, external_data=False, verbose=False, opset_version=18
        )
    assert program is not None
    program.save(str(path))
    return path
