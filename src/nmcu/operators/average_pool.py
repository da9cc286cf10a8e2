"""Averages over windows, means and sums over axes."""

from nmcu.frontend.from_onnx.operators import pool as onnx_pool
from nmcu.frontend.from_tflite.operators import pool as tflite_pool
from nmcu.frontend.to_onnx.operators import pool as write_pool
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.AveragePool,
    onnx={
        "AveragePool": onnx_pool.average_pool,
        "GlobalAveragePool": onnx_pool.global_average_pool,
        "ReduceMean": onnx_pool.reduce_mean,
        "ReduceSum": onnx_pool.reduce_sum,
    },
    tflite={
        "AVERAGE_POOL_2D": tflite_pool.average_pool_2d,
        "MEAN": tflite_pool.mean,
        "SUM": tflite_pool.sum_,
    },
    write=write_pool.average_pool,
    training=Training(
        computes=(
            "torch.nn.AvgPool2d",
            "torch.nn.AdaptiveAvgPool2d",
            "torch.nn.functional.avg_pool2d",
            "torch.nn.functional.adaptive_avg_pool2d",
            "torch.mean",
            ".mean",
            "torch.sum",
            ".sum",
        )
    ),
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="ONNX Runtime averages in float32, halves to even; LiteRT rounds halves of "
        "AVERAGE_POOL_2D away from zero, of MEAN and SUM up, as nmcu",
    ),
)
