"""Constant tensors that are read like activations: one box from the weights."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body
from nmcu.kernels.boxes import spec as boxes
from nmcu.kernels.cdata import Struct
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine
from nmcu.kernels.packed import Packed


class Constant(Kernel[ops.Constant]):
    """Copies the value from the weights to the tensor's place."""

    name = "constant"
    operators = (ops.Constant,)
    headers = boxes.Boxes.headers
    function = boxes.Boxes.function

    def refusal(self, layer: Layer[ops.Constant], machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer[ops.Constant], machine: Machine) -> Sequence[Candidate]:
        size = layer.outputs[0].bytes
        pages = -(-size // boxes.STAGING_BYTES)
        cycles = max(2 * machine.dma_cycles(size), pages * boxes.PAGE_CYCLES // machine.cores)
        l1 = {"staging": machine.cores * boxes.STAGING_BYTES}
        return [Candidate(self.name, {}, l1, boxes.LAYER_CYCLES + cycles, 0, cycles)]

    def pack(self, layer: Layer[ops.Constant]) -> Mapping[str, Packed]:
        return {"value": Packed(layer.constants["value"].tobytes())}

    def descriptor(self, layer: Layer[ops.Constant], parameters: Mapping[str, int], at: Addresses) -> Struct:
        size = layer.outputs[0].bytes
        value = f"(const int8_t *){at.constants['value']}"
        return boxes.descriptor([boxes.box([(size, 1, 1)])], dataclasses.replace(at, inputs=(value,)))

    def files(self) -> tuple[Path | Body, ...]:
        return boxes.FILES


KERNELS = (Constant(),)
