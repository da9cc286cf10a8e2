"""Steps over windows and whole maps: pooling, means, resizing."""

from nmcu.bench.differential.torch.layers import sizes
from nmcu.bench.differential.torch.network import Network


def max_pool(net: Network, x: str) -> None:
    """MaxPool2d and its function."""
    options = [sizes(net, 2, 1, 3), *_windows(net)]
    if net.chance(8):
        options.append("dilation=2")
    _either(net, x, "MaxPool2d", "max_pool2d", options)


def average_pool(net: Network, x: str) -> None:
    """AvgPool2d and its function."""
    options = [sizes(net, 2, 1, 3), *_windows(net)]
    if net.chance(3):
        options.append("count_include_pad=False")
    if net.chance(10):
        options.append("divisor_override=3")
    _either(net, x, "AvgPool2d", "avg_pool2d", options)


def adaptive_pool(net: Network, x: str) -> None:
    """AdaptiveAvgPool2d to one pixel, or to a few."""
    size = net.choice(("1", "(1, 1)", "2", "(2, 1)", "(None, 1)", str(net.shape(x)[2:])))
    _either(net, x, "AdaptiveAvgPool2d", "adaptive_avg_pool2d", [size])


def mean(net: Network, x: str) -> None:
    """A mean, a sum or an extreme over one axis or several."""
    last = tuple(range(-1, 1 - net.rank(x), -1))
    axes = net.choice((net.axis(x), last, last[:1], (1,)))
    text = f"{axes}, keepdim=True" if net.chance(2) else f"{axes}"
    word = net.choice(("mean", "sum", "amax", "amin", "mean"))
    if net.chance(2):
        net.line(f"{x}.{word}({text})", f".{word}", x)
    else:
        net.line(f"torch.{word}({x}, {text})", f"torch.{word}", x)


def resize(net: Network, x: str) -> None:
    """Upsample and interpolate."""
    mode = net.choice(("nearest", "bilinear", "bilinear", "nearest-exact", "bicubic"))
    h, w = net.shape(x)[2:]
    size = net.choice(
        (
            "scale_factor=2",
            "scale_factor=(2.0, 3.0)",
            f"size=({h + net.number(0, 4)}, {2 * w})",
            "scale_factor=1.5",
            "scale_factor=0.5",
            f"size={(max(1, h - 1), w)}",
        )
    )
    options = [size, f"mode={mode!r}"]
    if mode in ("bilinear", "bicubic") and net.chance(2):
        options.append("align_corners=True")
    _either(net, x, "Upsample", "interpolate", options)


def _windows(net: Network) -> list[str]:
    options = []
    if net.chance(2):
        options.append(f"stride={sizes(net, 2, 1, 3)}")
    if net.chance(3):
        options.append(f"padding={sizes(net, 2, 0, 1)}")
    if net.chance(4):
        options.append("ceil_mode=True")
    return options


def _either(net: Network, x: str, module: str, function: str, options: list[str]) -> None:
    if net.chance(2):
        net.layer(f"torch.nn.{module}", ", ".join(options), x)
    else:
        net.line(f"functional.{function}({x}, {', '.join(options)})", f"torch.nn.functional.{function}", x)
