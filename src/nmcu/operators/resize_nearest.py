"""Maps of another size, neighbours copied."""

from nmcu.frontend.from_tflite.operators import resize as tflite_resize
from nmcu.frontend.to_onnx.operators import resize as write_resize
from nmcu.graph import ops
from nmcu.operators.operator import Operator
from nmcu.operators.tolerance import EXACT

OPERATOR = Operator(
    op=ops.ResizeNearest,
    tflite={"RESIZE_NEAREST_NEIGHBOR": tflite_resize.nearest},
    write=write_resize.nearest,
    tolerance=EXACT,
)
