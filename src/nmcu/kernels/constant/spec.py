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

Constants = ops.Constant | ops.FloatConstant


class Constant(Kernel[Constants]):
    """Copies the value from the weights to the tensor's place."""

    name = "constant"
    operators = (ops.Constant, ops.FloatConstant)
    headers = boxes.Boxes.headers
    function = boxes.Boxes.function

    def refusal(self, layer: Layer[Constants], machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer[Constants], machine: Machine) -> Sequence[Candidate]:
        size, staging = layer.outputs[0].bytes, boxes.staging_bytes(machine)
        if not staging:
            return []
        pages = -(-size // staging)
        cycles = max(2 * machine.dma_cycles(size), pages * boxes.PAGE_CYCLES // machine.cores)
        l1 = {"staging": machine.cores * staging}
        return [Candidate(self.name, {"staging": staging}, l1, boxes.LAYER_CYCLES + cycles, 0, cycles)]

    def pack(self, layer: Layer[Constants]) -> Mapping[str, Packed]:
        return {"value": Packed(layer.constants["value"].tobytes())}

    def descriptor(self, layer: Layer[Constants], parameters: Mapping[str, int], at: Addresses) -> Struct:
        size = layer.outputs[0].bytes
        value = f"(const int8_t *){at.constants['value']}"
        return boxes.descriptor(
            [boxes.box([(size, 1, 1)])], parameters, dataclasses.replace(at, inputs=(value,))
        )

    def files(self) -> tuple[Path | Body, ...]:
        return boxes.FILES


KERNELS = (Constant(),)
