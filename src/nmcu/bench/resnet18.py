"""ResNet18 in its form for CIFAR: 3x3 stem, 32x32 input, 0.56 G MACs, 11 MB of weights."""

from nmcu.bench.calibrated import CalibratedBuilder
from nmcu.graph import Graph, TensorInfo, ops
from nmcu.sparsity import NMPattern

STAGES = ((64, 1), (128, 2), (256, 2), (512, 2))
CLASSES = 10


def resnet18(pattern: NMPattern | None = None, seed: int = 0) -> Graph:
    """The network with random weights, all but the stem and the classifier pruned to `pattern`."""
    net = CalibratedBuilder(pattern, seed, (1, 32, 32, 3))
    x = net.conv("conv1", net.image, STAGES[0][0], 3, relu=True, prune=False)
    for stage, (channels, stride) in enumerate(STAGES, 1):
        for block in range(2):
            x = _block(net, f"layer{stage}.{block}", x, channels, stride if block == 0 else 1)
    pooled = TensorInfo("avgpool.out", (), "int8", x.quant[0] / 2, x.quant[1])
    op, constants = ops.AveragePool.build("avgpool", x, pooled, kernel=x.shape[1:3])
    x = net.append("avgpool", op, [x], pooled, constants)
    flat = TensorInfo("flatten.out", (), "int8", *x.quant)
    x = net.append("flatten", ops.Reshape(shape=(1, x.shape[-1])), [x], flat, {})
    return net.finish(net.linear("fc", x, CLASSES, prune=False))


def _block(net: CalibratedBuilder, name: str, x: TensorInfo, channels: int, stride: int) -> TensorInfo:
    shortcut = x
    if stride != 1 or x.shape[-1] != channels:
        shortcut = net.conv(f"{name}.downsample", x, channels, 1, stride, relu=False)
    y = net.conv(f"{name}.conv1", x, channels, 3, stride, relu=True)
    y = net.conv(f"{name}.conv2", y, channels, 3, relu=False)
    return net.add(f"{name}.add", y, shortcut, relu=True)
