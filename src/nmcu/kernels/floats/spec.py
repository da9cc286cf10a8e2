"""Layers in float32, in soft float: operands stay where they are, the cores share the values."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.graph.ops.float_rows import WHOLE
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import elementwise
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine, OpT
from nmcu.kernels.packed import Packed

FOLDER = Path(__file__).parent
MATH = FOLDER / "float_math.c"
LANES = 8
LAYER_CYCLES, FAR_LAYER_CYCLES = 100, 400
ROW_CYCLES = 600
FAR_CYCLES = 22
"""Of reading a value and writing a result in working memory, where that is not the compute memory."""
MAP_CYCLES: Mapping[str, int] = {
    "abs": 24,
    "clip": 95,
    "elu": 231,
    "exp": 146,
    "gelu_tanh": 1486,
    "hardsigmoid": 269,
    "hardswish": 335,
    "leakyrelu": 137,
    "log": 135,
    "neg": 24,
    "reciprocal": 159,
    "rsqrt": 323,
    "sigmoid": 415,
    "silu": 499,
    "softplus": 918,
    "sqrt": 240,
    "square": 100,
    "tanh": 784,
}
"""Of a value, in soft float on RV32IM; measured on standard normal values, as are those that follow."""
PAIR_CYCLES: Mapping[str, int] = {"add": 124, "sub": 132, "mul": 96, "div": 156, "min": 58, "max": 58}
ROWS_CYCLES: Mapping[str, int] = {
    "sum": 116,
    "mean": 117,
    "max": 45,
    "min": 47,
    "softmax": 597,
    "logsoftmax": 556,
}
TABLE_CYCLES, RESCALE_CYCLES, QUANTIZE_CYCLES = 17, 140, 170


class Floats(Kernel[OpT]):
    """What the kernels of float layers share."""

    headers = ("floats.h",)
    file: str
    far: ClassVar[float] = 1
    """What a value costs in working memory, in `FAR_CYCLES`."""

    def refusal(self, layer: Layer[OpT], machine: Machine) -> str | None:
        return None

    def value_cycles(self, layer: Layer[OpT]) -> float:
        """Cycles of a value with everything in the compute memory."""
        raise NotImplementedError

    def cycles(self, layer: Layer[OpT], machine: Machine) -> float:
        """Predicted cycles of the core that has most of the values."""
        share = -(-layer.outputs[0].size // machine.cores)
        return share * (self.value_cycles(layer) + self.far * _far(machine))

    def candidates(self, layer: Layer[OpT], machine: Machine) -> Sequence[Candidate]:
        cycles = int(self.cycles(layer, machine))
        once = LAYER_CYCLES + (FAR_LAYER_CYCLES if machine.staged else 0)
        return [Candidate(self.name, {}, self.buffers(), once + cycles, cycles, 0)]

    def buffers(self) -> Mapping[str, int]:
        """Compute memory that the layer needs."""
        return {}

    def files(self) -> tuple[Path | Body, ...]:
        return (FOLDER / self.file, MATH)


class FloatMap(Floats[ops.FloatMap]):
    """A function of each value."""

    name = "float_map"
    operators = (ops.FloatMap,)
    function = "nmcu_float_map_run"
    file = "float_map.c"

    def value_cycles(self, layer: Layer[ops.FloatMap]) -> float:
        return MAP_CYCLES[layer.op.function]

    def descriptor(self, layer: Layer[ops.FloatMap], parameters: Mapping[str, int], at: Addresses) -> Struct:
        return Struct(
            "nmcu_float_map_t",
            {
                "x": _floats(at.inputs[0]),
                "y": _floats(at.outputs[0]),
                "count": layer.outputs[0].size,
                "alpha": _bits(layer.op.alpha),
                "beta": _bits(layer.op.beta),
                "function": Expr(f"nmcu_float_map_{layer.op.function}"),
            },
        )


class FloatPair(Floats[ops.FloatPair]):
    """A function of two values, each broadcast by strides."""

    name = "float_pair"
    operators = (ops.FloatPair,)
    function = "nmcu_float_pair_run"
    file = "float_pair.c"
    far = 1.5

    def refusal(self, layer: Layer[ops.FloatPair], machine: Machine) -> str | None:
        return elementwise.refusal(layer)

    def value_cycles(self, layer: Layer[ops.FloatPair]) -> float:
        return PAIR_CYCLES[layer.op.function]

    def descriptor(self, layer: Layer[ops.FloatPair], parameters: Mapping[str, int], at: Addresses) -> Struct:
        walk = elementwise.broadcast(layer)
        along = [_along(walk.size) if steps is None else steps for steps in walk.strides]
        return Struct(
            "nmcu_float_pair_t",
            {
                "a": _floats(at.inputs[0]),
                "b": _floats(at.inputs[1]),
                "y": _floats(at.outputs[0]),
                "size": walk.size,
                "a_stride": along[0],
                "b_stride": along[1],
                "function": Expr(f"nmcu_float_{layer.op.function}"),
            },
        )


class FloatRows(Floats[ops.FloatRows]):
    """A function of each row; cores have rows of their own, or share one where there are fewer rows than cores."""

    name = "float_rows"
    operators = (ops.FloatRows,)
    function = "nmcu_float_rows_run"
    file = "float_rows.c"

    def cycles(self, layer: Layer[ops.FloatRows], machine: Machine) -> float:
        width = layer.inputs[0].shape[-1]
        rows = layer.inputs[0].size // width
        each = ROWS_CYCLES[layer.op.function] + (2.5 if layer.op.function in WHOLE else 0.5) * _far(machine)
        alone, shared = divmod(rows, machine.cores)
        share = -(-width // LANES) * -(-LANES // machine.cores)
        return alone * (width * each + ROW_CYCLES) + shared * (share * each + ROW_CYCLES)

    def buffers(self) -> Mapping[str, int]:
        return {"lanes": 2 * LANES * 4}

    def descriptor(self, layer: Layer[ops.FloatRows], parameters: Mapping[str, int], at: Addresses) -> Struct:
        width = layer.inputs[0].shape[-1]
        return Struct(
            "nmcu_float_rows_t",
            {
                "x": _floats(at.inputs[0]),
                "y": _floats(at.outputs[0]),
                "rows": layer.inputs[0].size // width,
                "width": width,
                "out_width": layer.outputs[0].shape[-1],
                "lanes": _floats(at.l1["lanes"]),
                "function": Expr(f"nmcu_float_row_{layer.op.function}"),
            },
        )


class FloatTable(Floats[ops.FloatTable]):
    """A look-up for each value."""

    name = "float_table"
    operators = (ops.FloatTable,)
    function = "nmcu_float_table_run"
    file = "float_table.c"
    far = 1.5

    def value_cycles(self, layer: Layer[ops.FloatTable]) -> float:
        return TABLE_CYCLES

    def pack(self, layer: Layer[ops.FloatTable]) -> Mapping[str, Packed]:
        """`table`: the result for -128 to 127; with a table for each channel, one after the other."""
        return {"table": Packed(layer.constants["table"].tobytes())}

    def descriptor(
        self, layer: Layer[ops.FloatTable], parameters: Mapping[str, int], at: Addresses
    ) -> Struct:
        return Struct(
            "nmcu_float_table_t",
            {
                "x": Expr(at.inputs[0]),
                "y": _floats(at.outputs[0]),
                "table": _floats(at.constants["table"]),
                "count": layer.outputs[0].size,
                "channels": layer.constants["table"].size // 256,
            },
        )


class Dequantize(Floats[ops.Dequantize]):
    """Accumulators times their scale."""

    name = "dequantize"
    operators = (ops.Dequantize,)
    function = "nmcu_dequantize_run"
    file = "quantize.c"

    def value_cycles(self, layer: Layer[ops.Dequantize]) -> float:
        return RESCALE_CYCLES

    def pack(self, layer: Layer[ops.Dequantize]) -> Mapping[str, Packed]:
        """`scale`: float32, one or one for each channel."""
        return {"scale": Packed(layer.constants["scale"].tobytes())}

    def descriptor(
        self, layer: Layer[ops.Dequantize], parameters: Mapping[str, int], at: Addresses
    ) -> Struct:
        return Struct(
            "nmcu_dequantize_t",
            {
                "x": Expr(f"(int32_t *)(void *)({at.inputs[0]})"),
                "y": _floats(at.outputs[0]),
                "scale": _floats(at.constants["scale"]),
                "count": layer.outputs[0].size,
                "channels": layer.constants["scale"].size,
            },
        )


class Quantize(Floats[ops.Quantize]):
    """Values divided by a scale, rounded and clamped."""

    name = "quantize"
    operators = (ops.Quantize,)
    function = "nmcu_quantize_run"
    file = "quantize.c"

    def value_cycles(self, layer: Layer[ops.Quantize]) -> float:
        return QUANTIZE_CYCLES

    def descriptor(self, layer: Layer[ops.Quantize], parameters: Mapping[str, int], at: Addresses) -> Struct:
        return Struct(
            "nmcu_quantize_t",
            {
                "x": _floats(at.inputs[0]),
                "y": Expr(at.outputs[0]),
                "count": layer.outputs[0].size,
                "scale": _bits(layer.op.scale),
                "zero_point": layer.op.zero_point,
            },
        )


def _far(machine: Machine) -> int:
    return FAR_CYCLES if machine.staged else 0


def _floats(address: str) -> Expr:
    return Expr(f"(float *)(void *)({address})")


def _bits(value: float) -> int:
    """The float32 `value` as an integer."""
    return int(np.float32(value).view(np.uint32))


def _along(size: Sequence[int]) -> tuple[int, ...]:
    """Strides in elements of an operand as large as the output."""
    return tuple(int(np.prod(size[axis + 1 :], dtype=np.int64)) for axis in range(len(size)))


KERNELS: tuple[Kernel[Any], ...] = (
    FloatMap(),
    FloatPair(),
    FloatRows(),
    FloatTable(),
    Dequantize(),
    Quantize(),
)
