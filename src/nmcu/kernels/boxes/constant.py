"""Constant tensors that are read like activations: one box from the weights."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import ClassVar

from nmcu.graph import Layer, ops
from nmcu.kernels.boxes.spec import LAYER_CYCLES, PAGE_CYCLES, STAGING_BYTES, Boxes, box, descriptor
from nmcu.kernels.cdata import Struct
from nmcu.kernels.kernel import Addresses, Candidate, Machine


class Constant(Boxes):
    """Copies the value from the weights to the tensor's place."""

    name = "constant"
    kinds: ClassVar[frozenset[str]] = frozenset({"constant"})

    def runs(self, layer: Layer) -> bool:
        return isinstance(layer.op, ops.Constant)

    def refusal(self, layer: Layer, machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer, machine: Machine) -> Sequence[Candidate]:
        size = layer.outputs[0].bytes
        pages = -(-size // STAGING_BYTES)
        cycles = max(2 * machine.dma_cycles(size), pages * PAGE_CYCLES // machine.cores)
        return [
            Candidate(
                self.name, {}, {"staging": machine.cores * STAGING_BYTES}, LAYER_CYCLES + cycles, 0, cycles
            )
        ]

    def constants(self, layer: Layer) -> Mapping[str, bytes]:
        return {"value": layer.constants["value"].tobytes()}

    def descriptor(self, layer: Layer, parameters: Mapping[str, int], at: Addresses) -> Struct:
        size = layer.outputs[0].bytes
        value = f"(const int8_t *){at.constants['value']}"
        return descriptor([box([(size, 1, 1)])], dataclasses.replace(at, inputs=(value,)))
