"""Steps by which a network grows: each takes what is there and adds an operator of one family."""

from collections.abc import Callable

from nmcu.bench.differential.onnx.network import Network, Real

Step = Callable[[Network, Real], None]


def conv(net: Network, x: Real) -> None:
    """2-D convolution."""
    if len(x.shape) != 4:
        return
    _, cin, h, w = x.shape
    kh, kw = net.number(1, min(3, h)), net.number(1, min(3, w))
    cout = net.number(1, 6)
    weights, reach = net.weights((cout, cin, kh, kw), 0)
    name = net.node("Conv", x.name, weights)
    net.quantised(Real(name, (1, cout, h - kh + 1, w - kw + 1), x.reach * reach * (cin * kh * kw) ** 0.5))


def relu(net: Network, x: Real) -> None:
    """A function of one value."""
    net.quantised(Real(net.node("Relu", x.name), x.shape, x.reach))


def add(net: Network, x: Real) -> None:
    """A sum of two tensors of one shape."""
    other = net.any_of([t for t in net.tensors if t.shape == x.shape])
    net.quantised(Real(net.node("Add", x.name, other.name), x.shape, x.reach + other.reach))


STEPS: tuple[Step, ...] = (relu, conv, add)
