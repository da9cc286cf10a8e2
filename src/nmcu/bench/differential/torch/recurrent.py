"""Recurrent layers as a network writes them out: step after step, the gates by linear layers."""

from collections.abc import Callable
from contextlib import suppress

from nmcu.bench.differential.torch.network import Network

Cell = Callable[[str, str], str]
"""The hidden state behind a step, from its input and the hidden state before it, which is "" before the first."""

UNITS = (4, 8, 3, 16)
MOST_STEPS = 4


class _Left(Exception):
    """A line is left out, and with it the rest of the layer."""


def layer(net: Network, x: str) -> None:
    """Over some steps of (N, steps, features), from either end, perhaps turned so that the steps come first."""
    first, order = net.chance(2), net.choice((1, -1))
    cell = net.choice((_plain, _gated, _long))(net, net.shape(x)[-1], net.choice(UNITS))
    axis, index = (0, "{}") if first else (1, ":, {}")
    with suppress(_Left):
        sequence, hidden = _turned(net, x) if first else x, ""
        states = []
        for step in range(min(net.shape(x)[1], MOST_STEPS))[::order]:
            given = _line(net, f"{sequence}[{index.format(step)}]", "operator.getitem", sequence)
            hidden = cell(given, hidden)
            states.append(hidden)
        if net.chance(2):
            parts = ", ".join(f"{state}.unsqueeze({axis})" for state in states)
            together = _line(net, f"torch.cat([{parts}], {axis})", "torch.cat", *states)
            if first and net.chance(2):
                _turned(net, together)


def _turned(net: Network, x: str) -> str:
    """The steps before the batch, or behind it again."""
    calls = {
        f"{x}.transpose(0, 1)": ".transpose",
        f"torch.transpose({x}, 1, 0)": "torch.transpose",
        f"{x}.permute(1, 0, 2)": ".permute",
    }
    call = net.choice(tuple(calls))
    return _line(net, call, calls[call], x)


def _plain(net: Network, features: int, units: int) -> Cell:
    gates = _Gates(net, features, units, units)
    word = net.choice(("tanh", "relu"))
    return lambda x, hidden: _line(net, f"torch.{word}({gates(x, hidden)})", f"torch.{word}", x, hidden)


def _gated(net: Network, features: int, units: int) -> Cell:
    """A GRU: its reset gate is behind the product, as PyTorch's."""
    gates, new = _Gates(net, features, units, 2 * units), _Gates(net, features, units, units)

    def step(x: str, hidden: str) -> str:
        both = _line(net, f"torch.sigmoid({gates(x, hidden)})", "torch.sigmoid", x, hidden)
        reset, update = _parts(net, both, 2)
        factor = f"{reset} * " if hidden else ""
        held = _line(
            net, f"torch.tanh({new(x, hidden, factor)})", "torch.tanh", x, hidden, reset if hidden else ""
        )
        if not hidden:
            return _line(net, f"(1 - {update}) * {held}", "operator.mul", update, held)
        return _line(net, f"{held} + {update} * ({hidden} - {held})", "operator.add", held, update, hidden)

    return step


def _long(net: Network, features: int, units: int) -> Cell:
    """An LSTM; its cell state stays here, as no other layer reads it."""
    gates = _Gates(net, features, units, 4 * units)
    state = ""

    def step(x: str, hidden: str) -> str:
        nonlocal state
        every = _line(net, gates(x, hidden), "operator.add" if hidden else "torch.nn.Linear", x, hidden)
        taken, kept, new, shown = _parts(net, every, 4)
        added = f"torch.sigmoid({taken}) * torch.tanh({new})"
        before = f"torch.sigmoid({kept}) * {state} + " if state else ""
        read = (taken, new, kept, state) if state else (taken, new)
        state = _line(net, f"{before}{added}", "operator.mul", *read)
        return _line(net, f"torch.sigmoid({shown}) * torch.tanh({state})", "operator.mul", shown, state)

    return step


class _Gates:
    """`rows` weighted sums of the input and of the hidden state, two linear layers."""

    def __init__(self, net: Network, features: int, units: int, rows: int) -> None:
        self._given = net.module(f"nn.Linear({features}, {rows})")
        self._own = net.module(f"nn.Linear({units}, {rows}{net.choice(('', ', bias=False'))})")

    def __call__(self, x: str, hidden: str, factor: str = "") -> str:
        return f"{self._given}({x}) + {factor}{self._own}({hidden})" if hidden else f"{self._given}({x})"


def _parts(net: Network, x: str, count: int) -> list[str]:
    """Equal parts of the last axis."""
    size = net.shape(x)[-1] // count
    calls = {
        f"{x}.chunk({count}, -1)": ".chunk",
        f"torch.split({x}, {size}, 1)": "torch.split",
    }
    call = net.choice(tuple(calls))
    names = net.lines(call, calls[call], x, count=count)
    if not names:
        raise _Left
    return names


def _line(net: Network, expression: str, operator: str, *read: str) -> str:
    name = net.line(expression, operator, *(value for value in read if value))
    if name is None:
        raise _Left
    return name
