"""Maps of another size, neighbours mixed; ONNX's Resize becomes this or resize_nearest."""

from nmcu.frontend.from_onnx.operators import resize as onnx_resize
from nmcu.frontend.from_tflite.operators import resize as tflite_resize
from nmcu.frontend.to_onnx.operators import resize as write_resize
from nmcu.graph import ops
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import Tolerance

OPERATOR = Operator(
    op=ops.ResizeBilinear,
    onnx={"Resize": onnx_resize.resize, "Upsample": onnx_resize.resize},
    tflite={"RESIZE_BILINEAR": tflite_resize.bilinear},
    write=write_resize.bilinear,
    training=Training(computes=("torch.nn.Upsample", "torch.nn.functional.interpolate")),
    tolerance=Tolerance(
        onnx=1,
        litert=1,
        why="ONNX Runtime mixes in float32 and quantises, nmcu and LiteRT mix integers with weights "
        "of their own number of bits",
    ),
)
