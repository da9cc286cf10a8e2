"""A TFLite network under construction: what steps read from it and add to it, every choice drawn by Hypothesis."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from nmcu.bench.differential.tflite.model import Codes, TfliteModel

T = TypeVar("T")
Shape = tuple[int, ...]
Draw = Callable[[st.SearchStrategy[Any]], Any]

_NAMES = ("", "x", "a/b;c", "größe\n", "serving_default:0")


@dataclass(frozen=True)
class Activation:
    """An int8 or uint8 tensor that steps can read."""

    index: int
    shape: Shape
    scale: float
    zero: int
    dtype: str = "int8"


class Network:
    """The file so far; `activations` are all that can be read, `used` the indices of those that are."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        codes: tuple[Codes, ...] = ("both", "newer", "older")
        self.model = TfliteModel(codes=self.choice(codes), every_field=self.chance(4))
        self.activations: list[Activation] = []
        self.used: set[int] = set()
        self._floats: list[int] = []
        self.results: list[int] = []
        """Tensors that can be nothing but model outputs."""

    def integer(self, low: int, high: int) -> int:
        """An integer, both ends included; shrinks to `low`."""
        return int(self._draw(st.integers(low, high)))

    def choice(self, values: Sequence[T]) -> T:
        """One of `values`; shrinks to the first."""
        chosen: T = self._draw(st.sampled_from(values))
        return chosen

    def chance(self, one_in: int) -> bool:
        """True once in so many; shrinks to False."""
        return self.integer(1, one_in) == one_in

    def subset(self, values: Sequence[T]) -> list[T]:
        """Some of `values`, in their order."""
        return [v for v in values if self.chance(2)]

    # Shapes

    def size(self) -> int:
        """The length of one axis."""
        return self.integer(1, 24) if self.chance(8) else self.integer(1, 7)

    def map_shape(self) -> Shape:
        """(1, height, width, channels), often a cube: axes of equal length are what mixes orders up."""
        if self.chance(4):
            n = self.integer(1, 6)
            return 1, n, n, n
        return 1, self.size(), self.size(), self.size()

    def shape(self) -> Shape:
        """Any shape of one to five axes, mostly of a batch of one."""
        rank = self.choice((4, 3, 2, 4, 1, 5))
        if rank == 4 and not self.chance(6):
            return self.map_shape()
        first = self.size() if rank == 1 or self.chance(4) else 1
        most = 4 if rank == 5 else 7
        if rank > 2 and self.chance(3):
            return (first, *[self.integer(1, most)] * (rank - 1))
        return (first, *(self.integer(1, most) for _ in range(rank - 1)))

    # Quantisation

    def scale(self, natural: float) -> float:
        """A scale, mostly near the `natural` one, as the float32 that the file holds."""
        kind = self.choice(("near", "same", "near", "power", "near", "far"))
        if kind == "same":
            value = natural
        elif kind == "power":
            value = 2.0 ** self.integer(-8, 2)
        elif kind == "near":
            value = natural * self.integer(8, 64) / 24
        else:
            value = natural * 10.0 ** self.integer(-6, 5)
        return float(np.float32(min(max(value, 1e-9), 1e9)))

    def zero(self, dtype: str = "int8") -> int:
        """A zero point, often at the border of its range."""
        value = self.choice((0, -128, 127, None, -1, 3))
        value = self.integer(-128, 127) if value is None else value
        return value + 128 if dtype == "uint8" else value

    # Tensors

    def name(self) -> str | None:
        """None for a name that nobody else has; some files have empty ones and the same one twice."""
        return self.choice(_NAMES) if self.chance(12) else None

    def input(self, shape: Shape, dtype: str = "int8") -> Activation:
        """A new model input of `dtype`: as it is, or brought to it by QUANTIZE."""
        border = self.choice((dtype, dtype, "float32", "uint8", "int8"))
        inner = (float(np.float32(0.05 * self.integer(1, 40) / 20)), self.zero(dtype))
        if border == dtype:
            index = self.model.input(*shape, scale=inner[0], zero=inner[1], dtype=dtype, name=self.name())
            return self._readable(index, shape, *inner, dtype)
        quant: dict[str, Any] = {"scale": None}
        if border != "float32":
            quant = {"scale": self.scale(inner[0]), "zero": self.zero(border)}
        known = [a for a in self._floats if self.model.tensors[a].shape == shape]
        if border == "float32" and known and self.chance(2):
            outer = self.choice(known)
        else:
            outer = self.model.input(*shape, dtype=border, name=self.name(), **quant)
            self._floats += [outer] if border == "float32" else []
        index = self.model.tensor(*shape, scale=inner[0], zero=inner[1], dtype=dtype, name=self.name())
        self.model.op("QUANTIZE", [outer], [index])
        if border != "float32" and self.chance(4):
            self._readable(outer, shape, quant["scale"], quant["zero"], border)
        return self._readable(index, shape, *inner, dtype)

    def pick(self, fits: Callable[[Activation], bool], fallback: Callable[[], Shape]) -> Activation:
        """An activation that fits, a late one if possible; a new input of the fallback's shape if there is none."""
        found = [a for a in self.activations if fits(a)]
        if not found or self.chance(10):
            return self.input(fallback())
        x = found[-1] if self.chance(2) else self.choice(found[::-1])
        self.used.add(x.index)
        return x

    def any(self, *dtypes: str, least: int = 1, most: int = 5) -> Activation:
        """An activation with `least` to `most` axes, of one of `dtypes` (default: both)."""
        allowed = dtypes or ("int8", "uint8")
        return self.pick(lambda a: a.dtype in allowed and least <= len(a.shape) <= most, self.shape)

    def map(self, *dtypes: str) -> Activation:
        """An activation (1, height, width, channels)."""
        allowed = dtypes or ("int8", "uint8")
        return self.pick(
            lambda a: a.dtype in allowed and len(a.shape) == 4 and a.shape[0] == 1, self.map_shape
        )

    def result(self, shape: Shape, scale: float, zero: int, dtype: str = "int8") -> int:
        """A new tensor, to be written by the next operator and read by later steps; its index."""
        index = self.model.tensor(*shape, scale=scale, zero=zero, dtype=dtype, name=self.name())
        self._readable(index, shape, scale, zero, dtype)
        return index

    def like(self, x: Activation, shape: Shape, wrong: int = 40) -> int:
        """As `result`, with the quantisation of `x`; once in `wrong` times with another one."""
        if self.chance(wrong):
            return self.result(shape, self.scale(x.scale), self.zero(x.dtype), x.dtype)
        return self.result(shape, x.scale, x.zero, x.dtype)

    def free(self, x: Activation, shape: Shape, natural: float | None = None) -> int:
        """As `result`, with a drawn quantisation around scale `natural` (default: that of `x`)."""
        if self.chance(4):
            return self.like(x, shape)
        return self.result(shape, self.scale(natural or x.scale), self.zero(x.dtype), x.dtype)

    def last(self, shape: Shape, dtype: str, scale: float | None = None, zero: int = 0) -> int:
        """A new tensor that no step can read: a model output."""
        index = self.model.tensor(*shape, scale=scale, zero=zero, dtype=dtype, name=self.name())
        self.results.append(index)
        return index

    def numbers(self, shape: Shape, low: int = -128, high: int = 127) -> NDArray[np.int64]:
        """Constant integers: random, both ends, one value, mostly zeros."""
        rng = np.random.default_rng(self.integer(0, 2**16))
        kind = self.choice(("random", "ends", "one", "sparse", "random"))
        if kind == "ends":
            return np.where(rng.random(shape) < 0.5, low, high)
        if kind == "one":
            return np.full(shape, self.integer(max(low, -128), min(high, 127)), np.int64)
        values = rng.integers(low, high, shape, endpoint=True)
        return np.where(rng.random(shape) < 0.2, values, 0) if kind == "sparse" else values

    def ints(self, values: Sequence[int], wide: bool = False) -> int:
        """A constant list of int32, or of int64."""
        return self.model.ints(*values, dtype="int64" if wide else "int32")

    def activation(self) -> int:
        """A fused activation: none, ReLU, ReLU_N1_TO_1, ReLU6; rarely one that runtimes refuse."""
        return self.integer(4, 5) if self.chance(200) else self.choice((0, 1, 3, 2, 0))

    def _readable(self, index: int, shape: Shape, scale: float, zero: int, dtype: str) -> Activation:
        self.activations.append(Activation(index, shape, scale, zero, dtype))
        return self.activations[-1]
