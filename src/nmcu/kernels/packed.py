"""Constants as kernels read them."""

from dataclasses import dataclass

ALIGNMENT = 16


@dataclass(frozen=True, eq=False)
class Packed:
    """One packed constant: its bytes, and how many of them are what.

    `index_bytes` are positions of non-zeros, `requant_bytes` bias and requantisation; the rest are weights or tables.
    `alignment` is that of its address, a power of two of bytes.
    """

    data: bytes
    index_bytes: int = 0
    requant_bytes: int = 0
    alignment: int = ALIGNMENT

    @property
    def size(self) -> int:
        """Size in bytes."""
        return len(self.data)
