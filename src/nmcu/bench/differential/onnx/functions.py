"""Functions of one value, which end in a table: nodes of one input, constants, idioms of exporters."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.bench.differential.onnx.network import Network
from nmcu.bench.differential.onnx.tensor import Value

Reals = NDArray[np.float64]
Attributes = Mapping[str, tuple[Any, ...]]
Step = Callable[[Network, Value], Value]


@dataclass(frozen=True)
class Unary:
    """An operator from `opset` on; `real` is about what it does to values in a range where it is `defined`."""

    op: str
    real: Callable[[Reals], Any]
    opset: int = 13
    attributes: Attributes = dataclasses.field(default_factory=dict)
    defined: Callable[[float, float], bool] = lambda low, high: True
    domain: str = ""


def _sigmoid(x: Reals) -> Reals:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -80, 80))))


def _small(low: float, high: float) -> bool:
    return high < 30


UNARY = (
    Unary("Relu", lambda x: np.maximum(x, 0)),
    Unary("Abs", np.abs),
    Unary("Ceil", np.ceil),
    Unary("Celu", lambda x: x, attributes={"alpha": (0.5, 2.0, 1.3)}),
    Unary("Cos", np.cos, defined=lambda low, high: high - low < 1e4),
    Unary("Elu", lambda x: x, attributes={"alpha": (0.5, 2.0, 0.1)}),
    Unary("Erf", np.tanh),
    Unary("Exp", np.exp, defined=_small),
    Unary("Floor", np.floor),
    Unary("Gelu", lambda x: np.maximum(x, -0.2), 20, {"approximate": ("none", "tanh")}),
    Unary("Gelu", lambda x: np.maximum(x, -0.2), domain="com.microsoft"),
    Unary("HardSigmoid", _sigmoid, attributes={"alpha": (0.5, 0.1666), "beta": (0.0, 0.3, 0.7)}),
    Unary("HardSwish", lambda x: np.maximum(x, -0.4), 14),
    Unary("LeakyRelu", lambda x: np.maximum(x, x / 4), attributes={"alpha": (0.25, 0.2, 1.5, -0.5)}),
    Unary("Log", np.log, defined=lambda low, high: low > 0),
    Unary("Mish", lambda x: np.maximum(x, -0.4), 18),
    Unary("Neg", np.negative),
    Unary("Reciprocal", np.reciprocal, defined=lambda low, high: low > 0),
    Unary("Round", np.round),
    Unary("Selu", lambda x: 1.1 * np.maximum(x, -1.7), attributes={"alpha": (1.0,), "gamma": (2.0, 0.5)}),
    Unary("Sigmoid", _sigmoid),
    Unary("Sign", np.sign),
    Unary("Sin", np.sin, defined=lambda low, high: high - low < 1e4),
    Unary("Softplus", lambda x: np.logaddexp(0, x)),
    Unary("Softsign", lambda x: x / (1 + np.abs(x))),
    Unary("Sqrt", np.sqrt, defined=lambda low, high: low >= 0),
    Unary("Tanh", np.tanh),
    Unary("ThresholdedRelu", lambda x: x, attributes={"alpha": (0.0, 0.5, 2.0)}),
)


def function(net: Network, x: Value) -> Value:
    """One more function of a value."""
    steps: list[Step] = [
        unary,
        unary,
        unary,
        with_constant,
        clip,
        compared,
        truncated,
        looked_up,
        chosen,
        of_itself,
    ]
    if x.rank > 1:
        steps.append(prelu)
    return net.any_of(steps)(net, x)


def unary(net: Network, x: Value) -> Value:
    """An operator of one input that is defined on the whole range."""
    kind = net.any_of([u for u in UNARY if u.opset <= net.opset and u.defined(x.low, x.high)])
    attributes = {key: net.any_of(values) for key, values in kind.attributes.items() if net.maybe()}
    with np.errstate(all="ignore"):
        values = np.asarray(kind.real(np.linspace(x.low, x.high, 33)))
    return _made(net, x, kind.op, values, domain=kind.domain, **attributes)


def _made(net: Network, x: Value, op: str, values: Reals, *rest: str, **attributes: Any) -> Value:
    """A node whose results are in the range of `values`."""
    made = net.result(op, x, _form(x), *rest, **attributes)
    return dataclasses.replace(made, low=float(values.min()), high=float(values.max()))


def _form(x: Value) -> Any:
    return "function" if x.form in ("stored", "function") else "pending"


def _scalar(net: Network, value: float) -> str:
    shape = net.any_of(((), (1,)))
    return net.constant(np.full(shape, value, np.float32))


def constants(x: Value) -> tuple[float, ...]:
    """Numbers of the size of the values of `x`."""
    return (1.0, x.reach / 3 or 1.0, -x.reach, 0.37, 3.0)


def with_constant(net: Network, x: Value) -> Value:
    """Arithmetic with one number or one per channel, on either side."""
    op, swapped = net.any_of(("Add", "Mul", "Sub", "Div", "Max", "Min", "Pow")), net.maybe()
    number = net.any_of(constants(x))
    grid = np.linspace(x.low, x.high, 33)
    if op == "Pow":
        number, swapped = net.any_of((2.0, 3.0) if x.low < 0 else (2.0, 0.5, 1.5)), False
    if op == "Div" and swapped and x.low <= 0 <= x.high:
        swapped = False
    axis = channel_axis(x)
    if op != "Pow" and axis is not None and net.maybe():
        shape = (x.shape[axis], *[1] * (x.rank - 1 - axis))
        name = net.constant((net.floats(shape, 0.3, 1.0) * number).astype(np.float32))
    else:
        name = _scalar(net, number)
    with np.errstate(all="ignore"):
        values = (
            _ARITHMETIC[op](np.float64(number), grid)
            if swapped
            else _ARITHMETIC[op](grid, np.float64(number))
        )
    if op in ("Div", "Mul") and not swapped:
        values = np.append(values, 0)
    if not swapped:
        return _made(net, x, op, values, name)
    made = net.one(op, name, net.use(x))
    low, high = float(values.min()), float(values.max())
    return dataclasses.replace(x, name=made, form=_form(x), integers="", low=low, high=high)


def channel_axis(x: Value) -> int | None:
    """The axis that has one constant an entry."""
    if x.is_map:
        return 1
    return x.rank - 1 if x.rank in (2, 3) else None


_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Div": np.divide,
    "Max": np.maximum,
    "Min": np.minimum,
    "Pow": np.power,
}


def clip(net: Network, x: Value) -> Value:
    """Between two bounds, or with one of them, or none; 0 may lie outside."""
    low, high = sorted((net.any_of((0.0, x.low / 2, x.high / 4)), net.any_of((6.0, x.high / 2, x.low / 3))))
    kind = net.any_of(("both", "low", "high", "none", "relu"))
    if kind == "relu":
        return _made(net, x, "Relu", np.array([max(x.low, 0), max(x.high, 0)]))
    bounds = [net.constant(np.float32(low)), net.constant(np.float32(high))]
    values = np.array([x.low, x.high])
    if kind == "both":
        return _made(net, x, "Clip", np.clip(values, low, high), *bounds)
    if kind == "low":
        return _made(net, x, "Clip", np.maximum(values, low), bounds[0])
    if kind == "high":
        return _made(net, x, "Clip", np.minimum(values, high), "", bounds[1])
    return _made(net, x, "Clip", values)


def compared(net: Network, x: Value) -> Value:
    """A comparison with a constant, as a number or times the value."""
    op = net.any_of(("Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Equal"))
    threshold = net.any_of((0.0, x.high / 3, x.low / 7))
    source = net.use(x)
    holds = net.one("Cast", net.one(op, source, net.constant(np.float32(threshold))), to=1)
    if net.maybe():
        return dataclasses.replace(x, name=holds, form="function", integers="", low=0.0, high=1.0)
    return dataclasses.replace(x, name=net.one("Mul", source, holds), form="function", integers="")


def truncated(net: Network, x: Value) -> Value:
    """To an integer and back."""
    if x.reach > 1e6:
        return x
    name = net.one("Cast", net.one("Cast", net.use(x), to=net.any_of((6, 7))), to=1)
    return dataclasses.replace(x, name=name, form="function", integers="")


def looked_up(net: Network, x: Value) -> Value:
    """A list of numbers, by the value's integer part."""
    bounds = net.constant(np.float32(0)), net.constant(np.float32(4))
    index = net.one("Cast", net.one("Clip", net.use(x), *bounds), to=7)
    listed = net.constant(net.floats((5,), -1, 2))
    name = net.one("Gather", listed, index)
    return dataclasses.replace(x, name=name, form="function", integers="", low=-1.0, high=2.0)


def chosen(net: Network, x: Value) -> Value:
    """One of two functions, by a comparison; the value unless it is no number."""
    source = net.use(x)
    if net.maybe():
        name = net.one("Where", net.one("IsNaN", source), net.constant(np.float32(0)), source)
        return dataclasses.replace(x, name=name, integers="")
    holds = net.one("Greater", source, net.constant(np.float32(x.high / 3)))
    other = net.one("Neg", source) if net.maybe() else net.constant(np.float32(x.low / 2))
    name = net.one("Where", holds, source, other)
    return dataclasses.replace(x, name=name, form="function", integers="", low=-x.reach, high=x.reach)


def of_itself(net: Network, x: Value) -> Value:
    """A value times, plus, less or over a function of it: x * sigmoid(x), x / (1 + |x|)."""
    source, op = net.use(x), net.any_of(("Mul", "Add", "Sub", "Div", "Max", "Min", "Pow"))
    inner = net.one(net.any_of(("Sigmoid", "Tanh", "HardSigmoid", "Relu")), source)
    reach = x.reach + 1 if op in ("Add", "Sub", "Max", "Min") else x.reach
    if op in ("Div", "Pow"):
        op, inner = "Div", net.one("Add", net.one("Abs", source), net.constant(np.float32(1)))
    inputs = (source, inner) if op == "Div" or net.maybe() else (inner, source)
    name = net.one(op, *inputs)
    return dataclasses.replace(x, name=name, form="function", integers="", low=-reach, high=reach)


def prelu(net: Network, x: Value) -> Value:
    """Slopes for all, or for each channel."""
    axis = channel_axis(x)
    shape: tuple[int, ...] = (1,)
    if axis is not None and net.maybe():
        shape = (x.shape[axis], *[1] * (x.rank - 1 - axis))
    slope = net.constant(net.floats(shape, -0.5, 1.5))
    return _made(net, x, "PRelu", np.array([-x.reach, x.reach]), slope)


def is_finite(x: Value) -> bool:
    """True if scales can be chosen for the value."""
    return math.isfinite(x.low) and math.isfinite(x.high) and x.reach < 1e25
