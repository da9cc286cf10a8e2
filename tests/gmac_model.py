"""gmac as its manual defines it, written a second time: what tests of the simulator and of the RTL expect."""

from collections.abc import Sequence
from dataclasses import dataclass, field

M_OF_FIELD = (1, 4, 8, 16)


def int32(value: int) -> int:
    """`value` modulo 2^32, signed."""
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)


def int8(value: int) -> int:
    """The low byte of `value`, signed."""
    return (value + 128) % 256 - 128


@dataclass
class Model:
    """A core's accumulators over `memory`, from address 0."""

    memory: bytes
    accumulators: list[int] = field(default_factory=lambda: [0] * 4)

    def gather(
        self, weights: int, base: int, offsets: int, m: int, sel: int, *, byte: bool, advance: bool
    ) -> int:
        """Multiply and accumulate; the base afterwards."""
        if m == 1:
            index = 0
        elif m == 4:
            index = offsets >> 2 * sel & 3
        else:
            index = offsets >> 4 * sel & 15
        weight = int8(weights >> 8 * (sel % 4))
        at, lanes = (base + index, 1) if byte else ((base + 4 * index) & ~3, 4)
        for lane in range(lanes):
            product = int8(self.memory[at + lane]) * weight
            self.accumulators[lane] = int32(self.accumulators[lane] + product)
        step = (m if byte else 4 * m) if advance else 0
        return base + step & 0xFFFFFFFF

    def push(self, last: int) -> int:
        """The first accumulator, unsigned; the others move up."""
        first, *rest = self.accumulators
        self.accumulators = [*rest, int32(last)]
        return first & 0xFFFFFFFF

    def scale(self, factor: int, addend: int) -> int:
        """The first accumulator times `factor` plus `addend`, unsigned; the others move up."""
        return int32(self.push(0)) * factor + addend & 0xFFFFFFFF


def pack(word: int, value: int, shift: int) -> int:
    """`value` shifted and clipped to a byte enters `word` from above."""
    clipped = min(max(int32(value) >> (shift & 31), -128), 127)
    return (clipped & 0xFF) << 24 | word >> 8


@dataclass(frozen=True)
class Form:
    """A gather: `name` is its mnemonic."""

    m: int
    byte: bool
    advance: bool

    @property
    def name(self) -> str:
        return f"nm.gmac{'b' if self.byte else ''}{'i' if self.advance else ''}.m{self.m}"

    @property
    def sels(self) -> int:
        """How many offsets it can name."""
        return {1: 4, 4: 16}.get(self.m, 8)

    def text(self, weights: str, base: str, offsets: str, sel: int) -> str:
        """As the assembler takes it."""
        operands = [weights, base, *([] if self.m == 1 else [offsets]), str(sel)]
        return f"{self.name} {', '.join(operands)}"

    def run(self, model: Model, weights: int, base: int, offsets: int, sel: int) -> int:
        return model.gather(weights, base, offsets, self.m, sel, byte=self.byte, advance=self.advance)


FORMS: Sequence[Form] = [
    Form(m, byte, advance) for byte in (False, True) for m in M_OF_FIELD[byte:] for advance in (False, True)
]
