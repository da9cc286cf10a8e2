"""Building a network layer by layer with random weights, its scales calibrated on a random input as it grows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu import sparsity
from nmcu.graph import Builder, Graph, TensorInfo, ops, window
from nmcu.graph.op import Array, Op
from nmcu.sparsity import NMPattern

PERCENTILE = 99.9
"""Share of the values of an activation that its int8 range holds; the rest saturates, as after any calibration."""


class CalibratedBuilder:
    """A `graph.Builder` that knows every activation on one random input, and picks scales that use the int8 range.

    Weights are normally distributed from `seed`, pruned to `pattern` by magnitude where a layer asks for it.
    """

    def __init__(self, pattern: NMPattern | None, seed: int, shape: tuple[int, ...]) -> None:
        self.builder = Builder("random network")
        self.random = np.random.default_rng(seed)
        self._pattern = pattern
        model = TensorInfo("input", shape, "int8", 1 / 64, 0)
        self.image = self.builder.input(
            model, TensorInfo("image", shape, "int8", 1 / 64, 0), tuple(range(len(shape)))
        )
        self.values: dict[str, Array] = {
            self.image.name: self.random.integers(-128, 128, shape).astype(np.int8)
        }

    def real(self, tensor: TensorInfo) -> NDArray[np.float64]:
        """The activation's real values on the calibration input."""
        scale, zero = tensor.quant
        return (self.values[tensor.name].astype(np.float64) - zero) * scale

    def append(
        self, name: str, op: Op, inputs: list[TensorInfo], output: TensorInfo, constants: dict[str, Array]
    ) -> TensorInfo:
        """Adds a node and computes its result on the calibration input."""
        (result,) = self.builder.add(name, op, inputs, [output], constants)
        self.values[result.name] = op.reference([self.values[x.name] for x in inputs], constants)[0]
        return result

    def weights(self, shape: tuple[int, ...], prune: bool) -> tuple[NDArray[np.int8], float]:
        """Random int8 weights (Cout, taps..., Cin), pruned if asked for, and a scale that keeps activations' size."""
        real = self.random.normal(0, 1, shape)
        weight = np.clip(np.round(real / np.abs(real).max() * 127), -127, 127).astype(np.int8)
        density = 1.0
        if prune and self._pattern is not None:
            weight = np.where(sparsity.mask(weight, self._pattern), weight, 0).astype(np.int8)
            density = self._pattern.density
        return weight, float(1 / (40 * np.sqrt(np.prod(shape[1:]) * density)))

    def conv(
        self,
        name: str,
        x: TensorInfo,
        channels: int,
        kernel: int,
        stride: int = 1,
        *,
        relu: bool,
        prune: bool = True,
        padding: int | None = None,
    ) -> TensorInfo:
        """A convolution with `padding` on every side, kernel // 2 if not given, calibrated."""
        weight, unit = self.weights((channels, kernel, kernel, x.shape[-1]), prune)
        pads = (kernel // 2 if padding is None else padding,) * 4
        centred = self.values[x.name].astype(np.int32) - x.quant[1]
        view = window.patches(centred, (kernel, kernel), (stride, stride), pads, 0)
        sums = view.reshape(-1, weight[0].size).astype(np.float64) @ weight.reshape(channels, -1).T
        y = self.calibrated(name, sums * x.quant[0] * unit, relu)
        op, constants = ops.Conv2d.build(
            name, x, y, weight, np.full(channels, unit), None, strides=(stride, stride), pads=pads
        )
        return self.append(name, op, [x], y, constants)

    def linear(self, name: str, x: TensorInfo, channels: int, *, prune: bool = True) -> TensorInfo:
        """A fully-connected layer over (tokens, channels), calibrated."""
        weight, unit = self.weights((channels, x.shape[-1]), prune)
        y = self.calibrated(name, self.real(x) @ weight.T * unit, False)
        op, constants = ops.Linear.build(name, x, y, weight, np.full(channels, unit), None)
        return self.append(name, op, [x], y, constants)

    def add(self, name: str, a: TensorInfo, b: TensorInfo, *, relu: bool = False) -> TensorInfo:
        """A sum, calibrated."""
        y = self.calibrated(name, self.real(a) + self.real(b), relu)
        op, constants = ops.Add.build(name, a, b, y)
        return self.append(name, op, [a, b], y, constants)

    def calibrated(self, name: str, real: NDArray[Any], relu: bool) -> TensorInfo:
        """The tensor `name` with a scale for `real`: symmetric, or from zero up after a ReLU."""
        if relu:
            top = float(np.percentile(np.maximum(real, 0), PERCENTILE))
            return TensorInfo(f"{name}.out", (), "int8", top / 255, -128)
        return TensorInfo(f"{name}.out", (), "int8", float(np.percentile(np.abs(real), PERCENTILE)) / 127, 0)

    def finish(self, output: TensorInfo) -> Graph:
        """The network, with `output` as its only output."""
        model = TensorInfo("output", output.shape, "int8", output.scale, output.zero_point)
        self.builder.output(output, model, tuple(range(len(output.shape))), output.shape)
        return self.builder.finish()
