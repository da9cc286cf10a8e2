"""A linked program."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from types import MappingProxyType

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from nmcu.codegen.program import Port
from nmcu.isa import InstructionSet
from nmcu.targets import Target


@dataclass(frozen=True)
class Image:
    """An ELF file, its symbols' addresses, its sections' sizes (bytes), and how to reach its tensors."""

    elf: bytes
    target: Target
    isa: InstructionSet
    symbols: Mapping[str, int]
    sections: Mapping[str, int]
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    regions: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def code_bytes(self) -> int:
        """Bytes of machine code."""
        return self.sections.get(".text", 0)

    def __repr__(self) -> str:
        return (
            f"Image({self.target.name}, {self.isa}, {len(self.elf)} bytes of ELF, {self.code_bytes} of code)"
        )


def read_symbols(elf: bytes) -> Mapping[str, int]:
    """Addresses by name; a global symbol wins over local ones of the same name."""
    local: dict[str, int] = {}
    exported: dict[str, int] = {}
    for section in ELFFile(BytesIO(elf)).iter_sections():
        if not isinstance(section, SymbolTableSection):
            continue
        for symbol in section.iter_symbols():
            if not symbol.name or symbol["st_shndx"] == "SHN_UNDEF":
                continue
            names = local if symbol["st_info"]["bind"] == "STB_LOCAL" else exported
            names[symbol.name] = symbol["st_value"]
    return MappingProxyType(local | exported)


def read_sections(elf: bytes) -> Mapping[str, int]:
    """Sizes in bytes of the sections that take memory on the target."""
    return MappingProxyType({name: size for name, (_, size) in section_places(elf).items()})


def section_places(elf: bytes) -> Mapping[str, tuple[int, int]]:
    """Addresses and sizes in bytes of the sections that take memory on the target."""
    allocated = 0x2  # SHF_ALLOC
    sections = ELFFile(BytesIO(elf)).iter_sections()
    return MappingProxyType(
        {s.name: (s["sh_addr"], s["sh_size"]) for s in sections if s["sh_flags"] & allocated}
    )
