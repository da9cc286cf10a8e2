"""Operators over the last axis: softmax, its logarithm, the index of the largest value, layer normalisation."""

import numpy as np

from nmcu.errors import ModelError
from nmcu.frontend.to_onnx.writer import Result, Writer
from nmcu.graph import Layer, ops


def softmax(w: Writer, layer: Layer, op: ops.Softmax) -> Result:
    """Softmax over the channels."""
    return w.unary(layer, "Softmax", axis=-1)


def log_softmax(w: Writer, layer: Layer, op: ops.LogSoftmax) -> Result:
    """LogSoftmax over the channels."""
    return w.unary(layer, "LogSoftmax", axis=-1)


def arg_max(w: Writer, layer: Layer, op: ops.ArgMax) -> None:
    """ArgMax over the channels; int64 in ONNX."""
    name, layout = w.unary(layer, "ArgMax", axis=-1, keepdims=1)
    w.define(layer.outputs[0], layout, name)


def layer_norm(w: Writer, layer: Layer, op: ops.LayerNorm) -> Result:
    """LayerNormalization with the integers that the device multiplies by and adds, in their own steps."""
    if not op.centred or layer.constants["gamma"].size != layer.inputs[0].shape[-1]:
        raise ModelError(
            f"layer {layer.name!r} normalises groups of channels, or by the root of a mean square, which cannot be "
            "written as ONNX; prune during training instead"
        )
    (x_scale, _), (y_scale, y_zero) = layer.inputs[0].quant, layer.outputs[0].quant
    channels = layer.inputs[0].shape[-1]
    offset = layer.constants["beta"].astype(np.int64) - ((2 * y_zero + 1) << (op.shift - 1))
    steps = {
        "scale": (layer.constants["gamma"], 2.0 ** (op.bits - op.norm_shift - op.shift)),
        "offset": (np.clip(offset, -(2**31), 2**31 - 1).astype(np.int32), 2.0**-op.shift),
    }
    names = [
        w.dequantized(f"{layer.name} {what}", integers, np.array([step * y_scale], np.float32))
        for what, (integers, step) in steps.items()
    ]
    epsilon = op.epsilon * x_scale**2 / channels**2 / 2**8
    inputs = [w.real(layer.inputs[0]), *names]
    name = f"{layer.outputs[0].name} float"
    return w.node("LayerNormalization", inputs, name, layer.name, axis=-1, epsilon=epsilon), "last"
