"""An ELF file is data from a stranger: what is wrong with it is one clear error, never a crash."""

import random
import struct

import pytest

from nmcu import targets
from nmcu.errors import SimulationFault
from nmcu.sim import ProgramFault, simulate

FLAT = targets.get("cv32e40p")
EXIT = struct.pack("<3I", 0x1A1002B7, 0x0002A023, 0x0000006F)  # lui t0, 0x1a100; sw zero, 0(t0); j .


def elf(
    code: bytes = EXIT,
    *,
    address: int = 0,
    memory_size: int | None = None,
    entry: int = 0,
    kind: int = 2,
    machine: int = 243,
    flags: int = 5,
) -> bytes:
    header = b"\x7fELF\x01\x01\x01" + bytes(9)
    header += struct.pack("<HHIIIIIHHHHHH", kind, machine, 1, entry, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    size = len(code) if memory_size is None else memory_size
    return header + struct.pack("<8I", 1, 84, address, address, len(code), size, flags, 4) + code


def test_the_smallest_program_runs() -> None:
    result = simulate(elf(), FLAT)
    assert (result.exit_code, result.instructions) == (0, 2)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"", "not an ELF file"),
        (b"hello" * 20, "not an ELF file"),
        (b"\x7fELF\x02\x01\x01" + bytes(80), "not a 32-bit little-endian ELF file"),
        (elf(kind=3), "not an executable"),
        (elf(machine=62), "not a RISC-V program"),
        (elf()[:90], "truncated"),
        (elf()[:70], "truncated"),
        (elf(memory_size=4), "larger in the file than in memory"),
        (elf(memory_size=0xFFFFFFFF), "does not lie inside a memory"),
        (elf(address=0xFFFFFFF8, memory_size=64), "wraps around"),
        (elf(address=0x70000000), "does not lie inside a memory"),
        (elf(b"", memory_size=0), "no segment to load"),
    ],
)
def test_bad_files(file: bytes, words: str) -> None:
    with pytest.raises(SimulationFault, match=words):
        simulate(file, FLAT)


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        (elf(entry=1), "misaligned_fetch"),
        (elf(entry=0x1000), "fetch_outside_code"),
        (elf(flags=6), "fetch_outside_code"),
        (elf(struct.pack("<I", 0x13)), "fetch_outside_code"),  # runs off the end
        (elf(b"\x13\x00\x00\x00\x13\x00"), "fetch_outside_code"),  # half an instruction at the end
    ],
)
def test_programs_that_cannot_start(file: bytes, kind: str) -> None:
    with pytest.raises(ProgramFault) as caught:
        simulate(file, FLAT, max_cycles=1000)
    assert caught.value.kind == kind


def test_random_damage_is_survived() -> None:
    r = random.Random(4)
    for _ in range(300):
        file = bytearray(elf())
        for _ in range(r.randrange(1, 6)):
            file[r.randrange(len(file))] = r.randrange(256)
        try:
            simulate(bytes(file), FLAT, max_cycles=2000)
        except SimulationFault as error:
            assert "\n" not in str(error)


def test_code_that_writes_itself_runs_as_written() -> None:
    """A segment that is writable and executable: a store replaces the instruction that was decoded before."""
    addi = 0x00150513  # addi a0, a0, 1
    words = [
        0x00000513,
        0x00000593,
        addi,
        0x00259593,
        0x00C00293,
    ]  # a0 = 0; a1 = 0; addi; slli a1,a1,2; t0 = 12
    words = [0x00000513, addi, 0x00300593, 0x00B54863]  # li a0,0; addi a0,a0,1; li a1,3; blt a0,a1,+16
    words += [0x1A1002B7, 0x00A2A023, 0x0000006F]  # exit with a0
    words += [
        0x06450337,
        0x51330313,
        0x00400393,
        0x0063A023,
        0xFD9FF06F,
    ]  # t1 = addi a0,a0,100; store at 4; jump to 4
    result = simulate(elf(struct.pack(f"<{len(words)}I", *words), flags=7), FLAT, max_cycles=1000)
    assert result.exit_code == 101
