"""A PyTorch module that grows line by line, each line run as it is drawn, so that every shape is known."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from hypothesis import strategies as st
from torch import Tensor

from nmcu.bench.differential.torch.source import NAMES, Source

T = TypeVar("T")
MOST_ELEMENTS = 20_000
MOST_AXES = 5
LARGEST = 1e4
SMALLEST = 1e-5
"""What is smaller, and not all zero, is the rounding of what cancels, as in a sum of normalised values."""


class Network:
    """The source so far; `values` are what steps may read, `read` the names that a line has read.

    A line that PyTorch refuses, or that gives nothing finite, is left out: `line` and `layer` then return None.
    """

    def __init__(self, draw: st.DrawFn, shape: tuple[int, ...], seed: int) -> None:
        self.draw = draw
        self.source = Source(shape, seed)
        self.values: dict[str, Tensor] = {"x": self.source.sample()}
        self.read: set[str] = set()
        self.operators: list[str] = []
        self._self = torch.nn.Module()
        self._count = 0

    def choice(self, options: Sequence[T]) -> T:
        """One of `options`; shrinks to the first."""
        return self.draw(st.sampled_from(options))

    def number(self, low: int, high: int) -> int:
        """An integer from `low` to `high`; shrinks to `low`."""
        return self.draw(st.integers(low, high))

    def chance(self, one_in: int) -> bool:
        """True once in so many; shrinks to False."""
        return self.number(1, one_in) == one_in

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a value, its batch included."""
        return tuple(self.values[name].shape)

    def rank(self, name: str) -> int:
        """The dimensions of a value, its batch included."""
        return self.values[name].ndim

    def axis(self, name: str) -> int:
        """An axis of a value that is not the batch, counted from either end."""
        axis = self.number(1, self.rank(name) - 1)
        return axis - self.rank(name) if self.chance(3) else axis

    def other(self, fits: Callable[[Tensor], bool]) -> str | None:
        """The name of a value that fits, the latest first."""
        found = [name for name, value in self.values.items() if fits(value)]
        return self.choice(found[::-1]) if found else None

    def module(self, expression: str) -> str:
        """`self.mN`, a module or parameter given by `expression`."""
        name = f"m{len(self.source.modules)}"
        setattr(self._self, name, self._run(expression))
        if isinstance(getattr(self._self, name), torch.nn.Module):
            getattr(self._self, name).eval()
        self.source.modules.append((name, expression))
        return f"self.{name}"

    def layer(self, operator: str, arguments: str, x: str) -> str | None:
        """The value that a new module gives for `x`."""
        before = len(self.source.modules)
        try:
            name = self.module(f"{operator.removeprefix('torch.')}({arguments})")
        except (RuntimeError, ValueError):
            return None
        value = self.line(f"{name}({x})", operator, x)
        if value is None:
            del self.source.modules[before:]
        return value

    def line(self, expression: str, operator: str, *read: str) -> str | None:
        """A new value, given by an expression that reads others."""
        return next(iter(self.lines(expression, operator, *read, count=1)), None)

    def lines(self, expression: str, operator: str, *read: str, count: int) -> list[str]:
        """`count` new values from one expression that gives so many; none where it fails."""
        names = [f"v{self._count + i}" for i in range(count)]
        try:
            result = self._run(expression)
        except (RuntimeError, ValueError, IndexError, TypeError):
            return []
        results = [result] if count == 1 else list(result)
        if len(results) != count or not all(_fit(r) for r in results):
            return []
        self._count += count
        self.source.lines.append(f"{', '.join(names)} = {expression}")
        self.values.update(zip(names, results, strict=True))
        self.read.update(read)
        self.operators.append(operator)
        return names

    def in_place(self, statement: str, operator: str, x: str, *read: str) -> None:
        """A statement that changes `x`, which keeps its name."""
        before = self.values[x].clone()
        try:
            self._run(statement, mode="exec")
        except RuntimeError:
            self.values[x] = before
            return
        self.source.lines.append(statement)
        self.read.update(read)
        self.operators.append(operator)

    def _run(self, code: str, mode: str = "eval") -> Any:
        scope = {**NAMES, **self.values, "self": self._self}
        with torch.no_grad(), torch.random.fork_rng(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.manual_seed(self.source.seed)
            if mode == "eval":
                return eval(code, scope)
            exec(code, scope)
            self.values.update({name: scope[name] for name in self.values})
            return None


def _fit(value: object) -> bool:
    return (
        isinstance(value, Tensor)
        and 0 < value.numel() <= MOST_ELEMENTS
        and 0 < value.ndim <= MOST_AXES
        and bool(value.isfinite().all())
        and (float(value.abs().max()) == 0 or SMALLEST <= float(value.abs().max()) <= LARGEST)
    )
