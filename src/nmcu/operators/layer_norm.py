"""Normalisation over the last axis, of channels and of groups of them."""

from nmcu.frontend.from_onnx.operators import normalise as onnx_normalise
from nmcu.frontend.from_tflite.operators import elementwise as tflite_elementwise
from nmcu.frontend.to_onnx.operators import normalise as write_normalise
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.LayerNorm,
    onnx={
        "GroupNormalization": onnx_normalise.group_normalization,
        "InstanceNormalization": onnx_normalise.instance_normalization,
        "LayerNormalization": onnx_normalise.layer_normalization,
        "LpNormalization": onnx_normalise.lp_normalization,
        "RMSNormalization": onnx_normalise.rms_normalization,
    },
    tflite={"L2_NORMALIZATION": tflite_elementwise.l2_normalization},
    write=write_normalise.layer_norm,
    training=Training(
        computes=(
            *(
                "torch.nn.GroupNorm",
                "torch.nn.InstanceNorm1d",
                "torch.nn.InstanceNorm2d",
                "torch.nn.LayerNorm",
            ),
            *("torch.nn.functional.group_norm", "torch.nn.functional.layer_norm"),
        )
    ),
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="mean, variance and inverse square root are integers, at most one step from the float definition",
    ),
)
