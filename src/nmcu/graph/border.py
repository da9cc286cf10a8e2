"""The border: between the model's own inputs and outputs and the int8 tensors the device sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from nmcu.errors import ModelError, counted
from nmcu.graph.layer import Layer
from nmcu.graph.op import Array
from nmcu.graph.tensor import TensorInfo


@dataclass(frozen=True, eq=False)
class Border:
    """Encodes the model's inputs for the device and decodes the device's outputs."""

    model_inputs: tuple[TensorInfo, ...]
    model_outputs: tuple[TensorInfo, ...]
    encoders: tuple[Layer, ...]
    decoders: tuple[Layer, ...]

    @property
    def names(self) -> Mapping[str, str]:
        """What the model calls its inputs and outputs, by the names of the device's tensors; of several the first."""
        found = {d.inputs[0].name: d.outputs[0].name for d in reversed(self.decoders)}
        return MappingProxyType(found | {e.outputs[0].name: e.inputs[0].name for e in self.encoders})

    def encode(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Device tensors (int8, NHWC) by name, from arrays in the model's own dtype and layout by name.

        Raises `ModelError` for a missing input, another shape or another dtype, and for NaN, which no int8 stands for.
        """
        for info in self.model_inputs:
            _check(info, inputs)
        return {e.outputs[0].name: e.op.reference([inputs[e.inputs[0].name]], {})[0] for e in self.encoders}

    def decode(self, outputs: Mapping[str, Array]) -> dict[str, Array]:
        """The model's outputs by name in its own dtype and layout, from device tensors by name."""
        return {d.outputs[0].name: d.op.reference([outputs[d.inputs[0].name]], {})[0] for d in self.decoders}


def _check(info: TensorInfo, arrays: Mapping[str, Array]) -> None:
    needed = f"it needs {info.dtype} of shape {info.shape}"
    if info.name not in arrays:
        raise ModelError(f"input {info.name!r} is missing: {needed}")
    array = arrays[info.name]
    if array.shape != info.shape or str(array.dtype) != info.dtype:
        raise ModelError(f"input {info.name!r} is {array.dtype} of shape {array.shape}; {needed}")
    if array.dtype.kind == "f" and (missing := int(np.count_nonzero(np.isnan(array)))):
        raise ModelError(
            f"input {info.name!r} has {counted(missing, 'NaN')} among its values: no int8 stands for it"
        )
