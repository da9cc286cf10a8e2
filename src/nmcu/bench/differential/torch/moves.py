"""Steps that move values: shapes, orders, parts."""

from collections.abc import Callable

from hypothesis import strategies as st

from nmcu.bench.differential.torch.network import Network


def turn(net: Network, x: str) -> None:
    """A permutation of the axes behind the batch, or now and then of all."""
    rank = net.rank(x)
    first = 0 if net.chance(20) else 1
    order = [*range(first), *net.draw(_permutations(first, rank))]
    a, b = net.number(first, rank - 1), net.number(first, rank - 1)
    form = net.number(0, 3)
    if form == 0:
        net.line(f"{x}.permute({', '.join(map(str, order))})", ".permute", x)
    elif form == 1:
        net.line(f"torch.permute({x}, {tuple(order)})", "torch.permute", x)
    elif form == 2:
        net.line(f"{x}.transpose({a}, {b})", ".transpose", x)
    else:
        net.line(f"torch.transpose({x}, {a - rank}, {b})", "torch.transpose", x)


def reshape(net: Network, x: str) -> None:
    """Axes joined, split, added or dropped."""
    net.choice(_SHAPES)(net, x)


def part(net: Network, x: str) -> None:
    """A slice, or one of several equal parts, of one axis."""
    axis, size = net.axis(x), net.shape(x)
    n = size[axis]
    form = net.number(0, 4)
    if form == 0:
        index = [":"] * net.rank(x)
        low = net.number(0, n - 1)
        index[axis] = net.choice(
            (f"{low}:", f":{low + 1}", f"{low}", f"-{low + 1}:", f"{low}::2", "::2", "None")
        )
        net.line(f"{x}[{', '.join(index)}]", "operator.getitem", x)
    elif form == 1:
        net.line(f"{x}[..., {net.choice(('::2', '1:', ':-1', '0', '-1'))}]", "operator.getitem", x)
    elif n > 1:
        call, size_of = (
            (f"{x}.chunk(2, {axis})", -(-n // 2)),
            (f"torch.chunk({x}, 2, dim={axis})", -(-n // 2)),
            (f"torch.split({x}, {(n + 1) // 2}, {axis})", (n + 1) // 2),
            (f"{x}.split([{n // 2}, {n - n // 2}], {axis})", n - n // 2),
        )[net.number(0, 3)]
        if size_of < n:
            name = call.partition("(")[0]
            net.lines(call, name if name.startswith("torch") else name[len(x) :], x, count=2)


def repeated(net: Network, x: str) -> None:
    """Backwards, or again and again."""
    axis = net.number(1, net.rank(x) - 1)
    times = [net.number(1, 2) if a == axis else 1 for a in range(net.rank(x))]
    lists = ", ".join(map(str, times))
    calls = {
        f"{x}.flip({axis})": ".flip",
        f"torch.flip({x}, ({axis - net.rank(x)},))": "torch.flip",
        f"{x}.repeat({lists})": ".repeat",
        f"torch.tile({x}, ({lists},))": "torch.tile",
    }
    call = net.choice(tuple(calls))
    net.line(call, calls[call], x)


def spread(net: Network, x: str) -> None:
    """An axis of one value as wide as another."""
    axis = next((i for i, n in enumerate(net.shape(x)) if n == 1 and i), None)
    if axis is not None:
        sizes = ["-1"] * net.rank(x)
        sizes[axis] = str(net.number(1, 4))
        net.line(f"{x}.expand({', '.join(sizes)})", ".expand", x)


def blocks(net: Network, x: str) -> None:
    """Blocks of a map as channels and back, and mirrored borders."""
    _, channels, height, width = net.shape(x)
    fitting = ["ReplicationPad2d"]
    fitting += ["PixelShuffle"] if channels % 4 == 0 else []
    fitting += ["PixelUnshuffle"] if height % 2 == width % 2 == 0 else []
    fitting += ["ReflectionPad2d"] if min(height, width) > 1 else []
    name = net.choice(fitting)
    functions = {"PixelShuffle": "pixel_shuffle", "PixelUnshuffle": "pixel_unshuffle"}
    if name not in functions:
        net.layer(f"torch.nn.{name}", net.choice(("1", "(1, 0, 0, 1)")), x)
    elif net.chance(2):
        net.layer(f"torch.nn.{name}", "2", x)
    else:
        function = functions[name]
        net.line(f"functional.{function}({x}, 2)", f"torch.nn.functional.{function}", x)


def _flatten(net: Network, x: str) -> None:
    start = net.number(1, max(1, net.rank(x) - 1))
    form = net.number(0, 3)
    if form == 0:
        net.line(f"{x}.flatten({start})", ".flatten", x)
    elif form == 1:
        net.line(f"torch.flatten({x}, {start})", "torch.flatten", x)
    elif form == 2:
        net.layer("torch.nn.Flatten", "" if start == 1 else str(start), x)
    else:
        net.line(f"{x}.view({x}.shape[0], -1)", ".view", x)


def _split_axis(net: Network, x: str) -> None:
    axis = net.number(1, net.rank(x) - 1)
    n = net.shape(x)[axis]
    factor = net.choice([f for f in (2, 4, 3, 1) if n % f == 0])
    shape = [*net.shape(x)]
    shape[axis : axis + 1] = [factor, n // factor]
    rest = ", ".join(map(str, shape[1:]))
    form = net.number(0, 4)
    if form == 0:
        net.line(f"{x}.reshape({x}.shape[0], {rest})", ".reshape", x)
    elif form == 1:
        net.line(f"torch.reshape({x}, (-1, {rest}))", "torch.reshape", x)
    elif form == 2:
        net.line(f"{x}.view(-1, {rest})", ".view", x)
    elif form == 3:
        net.line(f"{x}.unflatten({axis}, ({factor}, {n // factor}))", ".unflatten", x)
    else:
        net.layer("torch.nn.Unflatten", f"{axis}, ({factor}, {n // factor})", x)


def _refold(net: Network, x: str) -> None:
    """The same rank with the axes' sizes in another order: no permutation."""
    shape = net.draw(_permutations(1, net.rank(x)))
    sizes = ", ".join(str(net.shape(x)[i]) for i in shape)
    net.line(f"{x}.reshape({x}.size(0), {sizes})", ".reshape", x)


def _squeeze(net: Network, x: str) -> None:
    axis = next((i for i, n in enumerate(net.shape(x)) if n == 1 and i), None)
    if axis is not None:
        forms = {f"{x}.squeeze({axis})": ".squeeze", f"torch.squeeze({x}, {axis})": "torch.squeeze"}
        form = net.choice(tuple(forms))
        net.line(form, forms[form], x)


def _unsqueeze(net: Network, x: str) -> None:
    axis = net.choice((1, -1, net.rank(x)))
    forms = {f"{x}.unsqueeze({axis})": ".unsqueeze", f"torch.unsqueeze({x}, {axis})": "torch.unsqueeze"}
    form = net.choice(tuple(forms))
    net.line(form, forms[form], x)


_SHAPES: tuple[Callable[[Network, str], None], ...] = (_flatten, _split_axis, _refold, _squeeze, _unsqueeze)


def _permutations(first: int, rank: int) -> st.SearchStrategy[list[int]]:
    return st.permutations(range(first, rank))
