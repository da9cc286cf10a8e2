"""SVDF, whose state LiteRT keeps from call to call."""

import numpy as np
import tflite

from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.from_tflite.operators import stateful
from nmcu.frontend.lower.shape import reshape
from nmcu.graph import ops
from nmcu.graph.fixed_point import decompose

_ACTIVATIONS = (tflite.ActivationFunctionType.NONE, tflite.ActivationFunctionType.RELU)


def svdf(c: Context) -> None:
    """int8 with an int16 state, which lasts from call to call; a fused activation is what the output's range makes of
    it, as in LiteRT's int8 kernel."""
    o = c.options(tflite.SVDFOptions)
    if o.FusedActivationFunction() not in _ACTIVATIONS:
        raise c.error("its fused activation is neither none nor ReLU, all that LiteRT's int8 kernel takes")
    x, shape = c.x(), c.tensor(0).shape
    if len(shape) != 2 or shape[0] != 1:
        raise c.error(f"its input has shape {shape}; supported: one frame, (1, features)")
    weight, weight_scale = stateful.matrix(c, 1)
    time, time_scale = c.constant(2, "int16"), stateful.scale(c, c.tensor(2))
    rank, filters = o.Rank(), len(weight)
    if rank < 1 or filters % rank:
        raise c.error(f"its {filters} filters do not make units of rank {rank}")
    bias = c.constant(3, "int32").reshape(-1) if c.has(3) else np.zeros(filters // rank, np.int32)
    state, y = stateful.state(c, 4, "int16"), c.y()
    if state.quant[1] != 0:
        raise c.error(f"its state has zero point {state.quant[1]}; supported: 0")
    first = decompose(x.quant[0] * float(weight_scale) / state.quant[0])
    second = decompose(state.quant[0] * float(time_scale) / y.quant[0])
    constants = {
        "input_weight": weight,
        "input_bias": (-x.quant[1] * weight.sum(axis=1, dtype=np.int64)).astype(np.int32),
        "input_multiplier": np.full(filters, first[0], np.int32),
        "input_exponent": np.full(filters, first[1], np.int32),
        "time_weight": time,
        "bias": bias,
    }
    op = ops.Svdf(rank=rank, zero_point=y.quant[1], multiplier=second[0], exponent=second[1])
    made = stateful.add(c, op, x, (state,), y, constants)
    c.write(reshape(c.builder, f"{c.name} out", made, c.device_shape(), y.name))
