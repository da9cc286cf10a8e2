"""A network of concatenations, unequal branches, strided 1x1 and depthwise blocks whose weights do not fit L2."""

import dataclasses

import numpy as np

import nmcu
from nmcu import targets
from nmcu.bench.calibrated import CalibratedBuilder
from nmcu.graph import TensorInfo, ops
from nmcu.sparsity import NMPattern


def _depthwise(net: CalibratedBuilder, name: str, x: TensorInfo, stride: int) -> TensorInfo:
    channels = x.shape[-1]
    weight = net.random.integers(-127, 128, (3, 3, channels)).astype(np.int8)
    y = TensorInfo(f"{name}.out", (), "int8", x.quant[0] * 2, x.quant[1])
    op, constants = ops.Depthwise.build(
        name, x, y, weight, np.full(channels, 1 / 300), None, strides=(stride, stride), pads=(1, 1, 1, 1)
    )
    return net.append(name, op, [x], y, constants)


def _concat(net: CalibratedBuilder, name: str, parts: list[TensorInfo]) -> TensorInfo:
    y = TensorInfo(f"{name}.out", (), "int8", *parts[0].quant)
    return net.append(name, ops.Concat(axis=3), parts, y, {})


def _branch(net: CalibratedBuilder, name: str, x: TensorInfo, channels: int, kernel: int) -> TensorInfo:
    """A convolution whose output is quantised like x, so that branches can be concatenated."""
    made = net.conv(name, x, channels, kernel, relu=True)
    target = TensorInfo(f"{name}.same", (), "int8", *x.quant)
    op, constants = ops.Add.build(f"{name}.same", made, made, dataclasses.replace(target, shape=made.shape))
    return net.append(f"{name}.same", op, [made, made], target, constants)


def test_odd_topology_streams_and_is_bit_exact() -> None:
    net = CalibratedBuilder(NMPattern.parse("1:4"), 3, (1, 23, 17, 3))
    x = net.conv("stem", net.image, 32, 3, relu=True, prune=False)
    x = _depthwise(net, "depthwise1", x, 1)
    x = _concat(net, "mixed1", [x, _branch(net, "wide", x, 96, 5), _branch(net, "narrow", x, 7, 1)])
    x = net.conv("pointwise", x, 384, 1, 2, relu=True)
    deep = net.conv("deep2", net.conv("deep1", x, 384, 3, relu=True), 512, 3, relu=False)
    short = net.conv("shortcut", x, 512, 1, relu=False)
    x = net.add("join", deep, short, relu=True)
    x = _depthwise(net, "depthwise2", x, 2)
    network = net.finish(net.conv("head", x, 512, 3, relu=True, prune=False))
    compiled = nmcu.compile(network)
    assert compiled.plan.chunks, "the weights are meant to be too large for L2"
    assert compiled.plan.l2_peak_bytes <= targets.get("cluster8").working_bytes
    assert nmcu.run(compiled).bit_exact
