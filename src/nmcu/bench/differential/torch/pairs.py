"""Steps of two values or more, or of a value and a constant tensor."""

from torch import Tensor

from nmcu.bench.differential.torch.network import Network

FORMS = {
    "{} + {}": "operator.add",
    "{} - {}": "operator.sub",
    "{} * {}": "operator.mul",
    "torch.add({}, {})": "torch.add",
    "torch.sub({}, {})": "torch.sub",
    "torch.mul({}, {})": "torch.mul",
    "{}.add({})": ".add",
    "{}.sub({})": ".sub",
    "{}.mul({})": ".mul",
    "torch.maximum({}, {})": "torch.maximum",
    "torch.minimum({}, {})": "torch.minimum",
    "{} / {}": "operator.truediv",
    "torch.div({}, {})": "torch.div",
    "{}.div({})": ".div",
}
IN_PLACE = {"{} += {}": "operator.iadd", "{} *= {}": "operator.imul"}
PRODUCTS = {
    "{} @ {}": "operator.matmul",
    "torch.matmul({}, {})": "torch.matmul",
    "{}.matmul({})": ".matmul",
    "torch.bmm({}, {})": "torch.bmm",
}


def binary(net: Network, x: str) -> None:
    """Two values of shapes that broadcast."""
    y = net.other(lambda value: _broadcasts(net.values[x], value))
    if y is not None:
        a, b = (x, y) if net.chance(2) else (y, x)
        form = net.choice(tuple(FORMS)) if _divides(net.values[b]) else "{} + {}"
        net.line(form.format(a, b), FORMS[form], x, y)


def in_place(net: Network, x: str) -> None:
    """A value that something is added to where it lies: rarely, as under views it makes another network."""
    if not net.chance(3):
        return
    y = net.other(lambda value: value.shape == net.values[x].shape)
    if y is not None and y != x:
        form = net.choice(tuple(IN_PLACE))
        net.in_place(form.format(x, y), IN_PLACE[form], x, y)
    else:
        net.in_place(f"{x} += 0.5", "operator.iadd", x)


def constant(net: Network, x: str) -> None:
    """A value and a parameter: of its shape, or one number an axis."""
    shape = net.shape(x)[1:]
    kept = [net.choice((True, False)) for _ in shape]
    size = tuple(n if keep else 1 for n, keep in zip(shape, kept, strict=True))
    size = net.choice((size, (1, *size), shape[-1:]))
    made = net.module(
        f"nn.Parameter(torch.rand{size} + 0.2)" if size else "nn.Parameter(torch.rand(()) + 0.2)"
    )
    a, b = (x, made) if net.chance(2) else (made, x)
    form = net.choice(tuple(FORMS)) if b == made or _divides(net.values[x]) else "{} - {}"
    net.line(form.format(a, b), FORMS[form], x)


def concat(net: Network, x: str) -> None:
    """Two or three values that are alike but for one axis."""
    axis = net.axis(x)
    others = [n for n, value in net.values.items() if _alike(net.values[x], value, axis)]
    names = [x, *(net.choice(others[::-1]) for _ in range(net.number(1, 2)))]
    net.line(f"torch.cat([{', '.join(names)}], {axis})", "torch.cat", *names)


def product(net: Network, x: str) -> None:
    """A matrix product of two values, one of them turned."""
    y = net.other(lambda v: v.ndim == net.rank(x) and v.shape[:-2] == net.shape(x)[:-2] and v.ndim > 2)
    if y is None:
        return
    turned = f"{y}.transpose(-1, -2)"
    form = net.choice(tuple(PRODUCTS))
    if net.shape(x)[-1] == net.shape(y)[-1]:
        net.line(form.format(x, turned), PRODUCTS[form], x, y)
    elif net.shape(x)[-1] == net.shape(y)[-2]:
        net.line(form.format(x, y), PRODUCTS[form], x, y)


def attention(net: Network, x: str) -> None:
    """One head of self-attention over the axis before the last, its parts as a network writes them."""
    size = net.shape(x)[-1]
    parts = []
    for _ in range(3):
        module = net.module(f"nn.Linear({size}, {size})")
        parts.append(net.line(f"{module}({x})", "torch.nn.Linear", x))
    q, k, v = parts
    if q is None or k is None or v is None:
        return
    scaled = f"{q} * {size**-0.5:.4f} @ {k}.transpose(-2, -1)" if net.chance(2) else None
    scores = net.line(scaled or f"{q} @ {k}.transpose(-2, -1) / {size**0.5:.4f}", "operator.matmul", q, k)
    weights = net.line(f"{scores}.softmax(-1)", ".softmax", str(scores)) if scores else None
    if weights is not None:
        net.line(f"{weights} @ {v}", "operator.matmul", weights, v)


def _divides(value: Tensor) -> bool:
    """Whether `value` is far enough from zero that its rounding does not make a quotient a random number."""
    return float(value.abs().min()) > 0.2 * float(value.abs().max())


def _broadcasts(a: Tensor, b: Tensor) -> bool:
    if a.ndim != b.ndim or a.shape[0] != b.shape[0]:
        return False
    return all(m == n or 1 in (m, n) for m, n in zip(a.shape, b.shape, strict=True))


def _alike(a: Tensor, b: Tensor, axis: int) -> bool:
    if a.ndim != b.ndim:
        return False
    return all(m == n for i, (m, n) in enumerate(zip(a.shape, b.shape, strict=True)) if i != axis % a.ndim)
