"""The largest value of each window, the largest and the smallest over axes."""

from nmcu.frontend.from_onnx.operators import pool as onnx_pool
from nmcu.frontend.from_tflite.operators import pool as tflite_pool
from nmcu.frontend.to_onnx.operators import pool as write_pool
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.MaxPool,
    onnx={
        "GlobalMaxPool": onnx_pool.global_max_pool,
        "MaxPool": onnx_pool.max_pool,
        "ReduceMax": onnx_pool.reduce_max,
        "ReduceMin": onnx_pool.reduce_min,
    },
    tflite={
        "MAX_POOL_2D": tflite_pool.max_pool_2d,
        "REDUCE_MAX": tflite_pool.reduce_max,
        "REDUCE_MIN": tflite_pool.reduce_min,
    },
    write=write_pool.max_pool,
    training=Training(
        moves=(
            *("torch.nn.MaxPool2d", "torch.nn.functional.max_pool2d"),
            *("torch.amax", "torch.amin", ".amax", ".amin"),
        )
    ),
    tolerance=EXACT,
)
