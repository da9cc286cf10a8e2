"""The packed constants of a network's layers, each made once."""

from collections.abc import Mapping

from nmcu.graph import Layer
from nmcu.kernels import Kernel, Packed
from nmcu.kernels.kernel import align
from nmcu.kernels.packed import ALIGNMENT


class Packing:
    """Packs on demand and remembers: choosing asks for sizes, placing for the bytes."""

    def __init__(self) -> None:
        self._made: dict[tuple[Layer, Kernel], Mapping[str, Packed]] = {}

    def of(self, layer: Layer, kernel: Kernel) -> Mapping[str, Packed]:
        """The constants of `layer` as `kernel` reads them, by name."""
        key = layer, kernel
        if key not in self._made:
            self._made[key] = kernel.pack(layer)
        return self._made[key]

    def room(self, layer: Layer, kernel: Kernel) -> int:
        """Bytes of memory that they take wherever they lie."""
        return sum(room(packed) for packed in self.of(layer, kernel).values())


def room(packed: Packed) -> int:
    """Bytes that `packed` takes behind anything else."""
    return align(packed.size) + max(packed.alignment - ALIGNMENT, 0)
