"""Layers with weights."""

import math

import numpy as np

from nmcu.bench.differential.onnx import weights
from nmcu.bench.differential.onnx.finish import finish
from nmcu.bench.differential.onnx.network import Network
from nmcu.bench.differential.onnx.tensor import Shape, Value
from nmcu.graph.op import Array


def _reach(x: Value, value: Array, scales: Array, fan_in: int) -> float:
    """About the largest magnitude of a sum of `fan_in` random products."""
    largest = float(np.abs(value.astype(np.int64)).max(initial=1)) * float(scales.max())
    return max(x.reach * largest * math.sqrt(fan_in) / 2, 1e-20)


def _done(net: Network, x: Value, name: str, shape: Shape, reach: float, axis: int) -> None:
    finish(net, Value(name, shape, -reach, reach, "affine", axis=axis))


def _channels(net: Network, cin: int) -> tuple[int, int]:
    """Output channels and groups: dense, depthwise with a multiplier, grouped."""
    kind = net.any_of(("dense", "dense", "depthwise", "grouped"))
    if kind == "depthwise":
        return cin * net.number(1, 2), cin
    if kind == "grouped":
        groups = net.any_of([g for g in range(1, cin + 1) if cin % g == 0])
        return groups * net.number(1, 3), groups
    return net.any_of((1, 2, 3, 4, 8, cin)), 1


def conv(net: Network, x: Value) -> None:
    """1-D or 2-D; strides, dilations, pads of any side, auto_pad."""
    sizes, cin = x.shape[2:], x.shape[1]
    cout, groups = _channels(net, cin)
    kernel, strides, dilations, pads = [], [], [], []
    auto = net.any_of(("", "", "", "VALID", "SAME_UPPER", "SAME_LOWER"))
    for size in sizes:
        k, d = net.number(1, min(4, size)), net.number(1, 2)
        if d * (k - 1) + 1 > size:
            d = 1
        kernel.append(k)
        dilations.append(1 if auto.startswith("SAME") else d)
        strides.append(net.number(1, 3))
        pads.append((net.number(0, 3), net.number(0, 3)) if net.maybe() else (k // 2, k // 2))
    attributes: dict[str, object] = {"kernel_shape": kernel} if net.maybe() else {}
    if auto:
        attributes["auto_pad"] = auto
    if auto == "VALID":
        pads = [(0, 0)] * len(sizes)
    if auto.startswith("SAME"):
        out = tuple(-(-n // s) for n, s in zip(sizes, strides, strict=True))
    else:
        spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilations, strict=True)]
        out = tuple((n + sum(p) - e) // s + 1 for n, p, e, s in zip(sizes, pads, spans, strides, strict=True))
        if not auto and any(map(any, pads)):
            attributes["pads"] = [*(p[0] for p in pads), *(p[1] for p in pads)]
    for key, given in (("strides", strides), ("dilations", dilations)):
        if any(g != 1 for g in given) or net.maybe():
            attributes[key] = given
    if groups != 1 or net.maybe():
        attributes["group"] = groups
    value = weights.integers(net, (cout, cin // groups, *kernel))
    fan_in = math.prod(value.shape[1:])
    w, scales = weights.dequantised(net, value, 0)
    reach = _reach(x, value, scales, fan_in)
    assert x.quant is not None
    bias = weights.bias(net, cout, x.quant[0], scales, reach)
    name = net.one("Conv", net.use(x), w, *bias, **attributes)
    _done(net, x, name, (1, cout, *out), reach, 1)


def conv_transpose(net: Network, x: Value) -> None:
    """Strides, dilations, pads, output padding, groups."""
    cin, groups = x.shape[1], 1
    if net.maybe():
        groups = net.any_of([g for g in range(1, cin + 1) if cin % g == 0])
    part = net.number(1, 3)
    axes = [_spread(net, size) for size in x.shape[2:]]
    kernel, strides, dilations, low, high, extra, out = zip(*axes, strict=True)
    if math.prod(out) * part * groups > 1200:
        return conv(net, x)
    value = weights.integers(net, (cin, part, *kernel))
    w, scales = weights.dequantised(net, value, 1, per_channel=groups == 1)
    reach = _reach(x, value, scales, cin // groups * math.prod(kernel))
    assert x.quant is not None
    bias = weights.bias(net, part * groups, x.quant[0], scales, reach)
    attributes = {"strides": strides, "dilations": dilations, "group": groups}
    attributes |= {"pads": [*low, *high], "output_padding": extra}
    name = net.one("ConvTranspose", net.use(x), w, *bias, **attributes)
    return _done(net, x, name, (1, part * groups, *out), reach, 1)


def _spread(net: Network, size: int) -> tuple[int, ...]:
    """Along one axis of a transposed convolution: kernel, stride, dilation, pads, output padding, size."""
    kernel, stride, dilation = net.number(1, 3), net.number(1, 3), net.number(1, 2)
    span = dilation * (kernel - 1)
    low, high = (net.number(0, span), net.number(0, span)) if net.maybe() else (0, 0)
    extra = net.number(0, stride - 1)
    whole = (size - 1) * stride + span + 1 + extra
    if whole - low - high < 1:
        low = high = 0
    return kernel, stride, dilation, low, high, extra, whole - low - high


def gemm(net: Network, x: Value) -> None:
    """alpha, beta, transA, transB; C of every shape that broadcasts."""
    turned = net.maybe() and net.maybe()
    rows, cin = x.shape[::-1] if turned else x.shape
    cout, transposed = net.any_of((1, 2, 3, 5, 8, cin)), net.maybe()
    value = weights.integers(net, (cout, cin))
    w, scales = weights.dequantised(
        net, np.ascontiguousarray(value if transposed else value.T), 0 if transposed else 1
    )
    reach = _reach(x, value, scales, cin)
    attributes: dict[str, object] = {"transB": 1} if transposed else {}
    if turned:
        attributes["transA"] = 1
    alpha = net.any_of((1.0, 1.0, 0.5, -2.0, 0.3))
    if alpha != 1 or net.maybe():
        attributes["alpha"] = alpha
    if net.maybe():
        attributes["beta"] = net.any_of((1.0, 0.5, -3.0))
    assert x.quant is not None
    c = weights.bias(net, cout, x.quant[0], scales, reach)
    if not c and net.maybe():
        shape = net.any_of(((), (1,), (1, 1), (1, cout), (rows, 1), (rows, cout)))
        c = [net.constant(net.floats(shape, -reach, reach))]
    name = net.one("Gemm", net.use(x), w, *c, **attributes)
    _done(net, x, name, (rows, cout), reach * max(1.0, abs(alpha)), 1)


def matmul(net: Network, x: Value) -> None:
    """By constant weights, as they are or turned by a Transpose node."""
    cin = x.shape[-1]
    cout = net.any_of((1, 2, 3, 5, 8, cin))
    value = weights.integers(net, (cout, cin))
    if net.maybe():
        w, scales = weights.dequantised(net, np.ascontiguousarray(value.T), 1)
    else:
        w, scales = weights.dequantised(net, value, 0)
        w = net.one("Transpose", w, perm=[1, 0])
    name = net.one("MatMul", net.use(x), w)
    _done(net, x, name, (*x.shape[:-1], cout), _reach(x, value, scales, cin), x.rank - 1)
