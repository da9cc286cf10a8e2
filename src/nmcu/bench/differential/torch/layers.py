"""Steps with weights and normalisations."""

from torch import Tensor

from nmcu.bench.differential.torch.network import Network

CHANNELS = (4, 8, 16, 3, 1, 32)
PARAMETRISED = (
    "parametrizations.weight_norm",
    "parametrizations.spectral_norm",
    "parametrizations.orthogonal",
    "standardised",
)


def conv(net: Network, x: str) -> None:
    """Conv1d or Conv2d."""
    dims = net.rank(x) - 2
    cin, cout = net.shape(x)[1], net.choice(CHANNELS)
    groups = net.choice([g for g in (1, 1, 2, cin) if cin % g == 0 and cout % g == 0] or [1])
    kernel = sizes(net, dims, 1, 3)
    options = [str(cin), str(cout), kernel]
    if net.chance(3):
        options.append(f"stride={sizes(net, dims, 1, 3)}")
    if net.chance(2):
        padded = net.choice(("1", sizes(net, dims, 0, 2), "'valid'", "'same'"))
        options.append(f"padding={padded}")
        if net.chance(8):
            options.append(f"padding_mode={net.choice(('reflect', 'replicate', 'circular'))!r}")
    if net.chance(6):
        options.append(f"dilation={sizes(net, dims, 1, 2)}")
    if groups > 1:
        options.append(f"groups={groups}")
    _weighted(net, x, f"Conv{dims}d", options, f"BatchNorm{dims}d({cout}")


def conv_transpose(net: Network, x: str) -> None:
    """ConvTranspose2d."""
    cin, cout = net.shape(x)[1], net.choice(CHANNELS)
    groups = net.choice([g for g in (1, 1, 2, cin) if cin % g == 0 and cout % g == 0] or [1])
    options = [str(cin), str(cout), sizes(net, 2, 1, 4), f"stride={sizes(net, 2, 1, 3)}"]
    if net.chance(2):
        options.append(f"padding={sizes(net, 2, 0, 2)}")
    if net.chance(3):
        options.append(f"output_padding={sizes(net, 2, 0, 1)}")
    if net.chance(6):
        options.append(f"dilation={sizes(net, 2, 1, 2)}")
    if groups > 1:
        options.append(f"groups={groups}")
    _weighted(net, x, "ConvTranspose2d", options, f"BatchNorm2d({cout}")


def linear(net: Network, x: str) -> None:
    """Linear over the last axis."""
    cout = net.choice(CHANNELS)
    features = cout if net.rank(x) == 2 else net.shape(x)[1]
    _weighted(net, x, "Linear", [str(net.shape(x)[-1]), str(cout)], f"BatchNorm1d({features}")


def again(net: Network, x: str) -> None:
    """A module that is there already, on another value."""
    names = [name for name, _ in net.source.modules]
    if names:
        number = names.index(net.choice(names[::-1]))
        name, expression = net.source.modules[number]
        if expression.startswith("nn."):
            net.line(f"self.{name}({x})", f"torch.{expression.partition('(')[0]}", x)


def batch_norm(net: Network, x: str) -> None:
    """BatchNorm where it may not belong, now and then."""
    dims = 2 if net.rank(x) == 4 else 1
    if net.chance(5):
        net.layer(f"torch.nn.BatchNorm{dims}d", str(net.shape(x)[1]), x)


def layer_norm(net: Network, x: str) -> None:
    """LayerNorm over the last axes."""
    shape = net.shape(x)[-(2 if net.rank(x) > 2 and net.chance(5) else 1) :]
    if not _varies(net.values[x].flatten(-len(shape))):
        return
    if net.chance(3):
        net.line(f"functional.layer_norm({x}, {shape})", "torch.nn.functional.layer_norm", x)
    else:
        options = net.choice(("", ", elementwise_affine=False", ", bias=False", ", eps=0.01"))
        net.layer("torch.nn.LayerNorm", f"{shape}{options}", x)


def group_norm(net: Network, x: str) -> None:
    """GroupNorm and its function, and InstanceNorm, which has no factors of its own unless told so."""
    channels, dims = net.shape(x)[1], net.rank(x) - 2
    groups = net.choice([g for g in range(1, channels + 1) if channels % g == 0])
    form = net.number(0, 2)
    if not _varies(net.values[x].reshape(net.shape(x)[0], channels if form == 1 else groups, -1)):
        return
    if form == 0:
        net.layer("torch.nn.GroupNorm", f"{groups}, {channels}{net.choice(('', ', affine=False'))}", x)
    elif form == 1:
        net.layer(f"torch.nn.InstanceNorm{dims}d", f"{channels}{net.choice(('', ', affine=True'))}", x)
    else:
        net.line(f"functional.group_norm({x}, {groups})", "torch.nn.functional.group_norm", x)


def softmax(net: Network, x: str) -> None:
    """Softmax along any axis, the last above all."""
    axis = net.axis(x) if net.chance(4) else -1
    form = net.number(0, 3)
    if form == 0:
        net.line(f"{x}.softmax({axis})", ".softmax", x)
    elif form == 1:
        net.layer("torch.nn.Softmax", str(axis), x)
    elif form == 2:
        net.line(f"torch.softmax({x}, dim={axis})", "torch.softmax", x)
    else:
        net.line(f"functional.softmax({x}, dim={axis})", "torch.nn.functional.softmax", x)


def sizes(net: Network, dims: int, low: int, high: int) -> str:
    """One number, or one for each dimension."""
    if dims == 1 or net.chance(2):
        return str(net.number(low, high))
    return str(tuple(net.number(low, high) for _ in range(dims)))


def _varies(rows: Tensor) -> bool:
    """Whether a row has values far enough apart: of equal ones a norm gives the rounding of their mean, made large."""
    apart = rows.std(-1, unbiased=False) > 0.02 * rows.abs().amax(-1)
    return rows.shape[-1] == 1 or bool(apart.any())


def _weighted(net: Network, x: str, kind: str, options: list[str], norm: str) -> None:
    """A layer, perhaps with another weight than the usual, perhaps with a BatchNorm and a factor behind it."""
    if net.chance(3):
        options.append("bias=False")
    expression = f"nn.{kind}({', '.join(options)})"
    if net.chance(6):
        expression = f"{net.choice(PARAMETRISED)}({expression})"
    elif net.chance(15):
        expression = f"zeroed({expression})"
    before = len(net.source.modules)
    try:
        module = net.module(expression)
    except (RuntimeError, ValueError):
        return
    y = net.line(f"{module}({x})", f"torch.nn.{kind}", x)
    if y is None:
        del net.source.modules[before:]
    elif (kind != "Linear" or net.rank(x) == 2 or net.chance(10)) and net.chance(3):
        end = net.choice((")", ")", ")", ", affine=False)", ", eps=0.1)"))
        made = net.module(f"zeroed(nn.{norm}))" if end == ")" and net.chance(12) else f"nn.{norm}{end}")
        net.line(f"{made}({y})", f"torch.nn.{norm.partition('(')[0]}", y)
        if not net.chance(10):
            del net.values[y]  # what else read it would keep the BatchNorm from being folded
    elif net.chance(8):
        net.line(f"{y} {net.choice(('* 0.25', '/ 4', '* -1.5'))}", "operator.mul", y)
