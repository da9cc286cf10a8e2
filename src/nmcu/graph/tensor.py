"""What is known about one tensor of the integer graph."""

import math
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from nmcu.errors import ModelError

Shape = tuple[int, ...]

_DTYPES = {"int8": ir.DataType.INT8, "uint8": ir.DataType.UINT8, "int32": ir.DataType.INT32}
_DTYPES |= {"int16": ir.DataType.INT16, "float32": ir.DataType.FLOAT, "int64": ir.DataType.INT64}
ON_DEVICE = ".device"
"""What a tensor on the device is called by behind the name of the model's own input or output."""
MAX_DIMENSION = 2**24
MAX_ELEMENTS = 2**28
_NAMES = {v: k for k, v in _DTYPES.items()}


def in_model(name: str) -> str:
    """The name in the model of a tensor that the graph calls `name`."""
    return name.removesuffix(ON_DEVICE)


@dataclass(frozen=True)
class TensorInfo:
    """Name, shape, NumPy dtype name and quantisation of one tensor: `real = (q - zero_point) * scale`.

    Activations on the device are int8 and NHWC with N = 1, (tokens, channels) or (1, features); states may be int16.
    `scale` and `zero_point` are None for tensors that are not quantised (model-side float tensors, indices).
    """

    name: str
    shape: Shape
    dtype: str = "int8"
    scale: float | None = None
    zero_point: int | None = None

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Size in bytes."""
        return self.size * np.dtype(self.dtype).itemsize

    def check_size(self) -> None:
        """Raise `ModelError` for an empty tensor or one too large to be meant for a microcontroller."""
        if any(not 1 <= d <= MAX_DIMENSION for d in self.shape) or self.size > MAX_ELEMENTS:
            raise ModelError(
                f"tensor {self.name!r} has shape {self.shape}; supported: dimensions of 1 to {MAX_DIMENSION} and at "
                f"most {MAX_ELEMENTS} elements"
            )

    @property
    def quant(self) -> tuple[float, int]:
        """(scale, zero_point); raises `ModelError` where the tensor is not quantised."""
        if self.scale is None or self.zero_point is None:
            raise ModelError(
                f"tensor {self.name!r} is not quantised: int8 with scale and zero point is needed"
            )
        return self.scale, self.zero_point


def to_value(info: TensorInfo) -> ir.Value:
    """A fresh `ir.Value` that carries `info`; quantisation goes to the value's metadata."""
    value = ir.Value(name=info.name, shape=ir.Shape(info.shape), type=ir.TensorType(_DTYPES[info.dtype]))
    if info.scale is not None:
        value.metadata_props["scale"] = repr(info.scale)
        value.metadata_props["zero_point"] = repr(info.zero_point)
    return value


def from_value(value: ir.Value) -> TensorInfo:
    """The `TensorInfo` of `value`; raises `ModelError` for dynamic shapes and unknown dtypes."""
    if value.shape is None or not all(isinstance(d, int) for d in value.shape):
        raise ModelError(f"tensor {value.name!r} has no static shape: all dimensions must be known")
    if value.dtype not in _NAMES:
        raise ModelError(f"tensor {value.name!r} has type {value.dtype}; supported: {', '.join(_DTYPES)}")
    props = value.metadata_props
    return TensorInfo(
        name=value.name or "",
        shape=tuple(int(d) for d in value.shape if isinstance(d, int)),
        dtype=_NAMES[value.dtype],
        scale=float(props["scale"]) if "scale" in props else None,
        zero_point=int(props["zero_point"]) if "zero_point" in props else None,
    )
