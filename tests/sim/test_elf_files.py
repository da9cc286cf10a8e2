"""An ELF file is data from a stranger: what is wrong with it is one clear error, never a crash."""

import random
import resource
import struct
from dataclasses import replace

import pytest

from isas import XCV
from nmcu import targets
from nmcu.bench.sim import LOAD
from nmcu.errors import SimulationFault
from nmcu.sim import ProgramFault, simulate
from nmcu.sim import symbols as symbols_module
from nmcu.sim.symbols import Symbols
from nmcu.toolchain import build

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


def words(*items: int) -> bytes:
    return struct.pack(f"<{len(items)}I", *items)


def test_a_store_changes_the_instruction_after_a_fence() -> None:
    """fence.i between them: the new instruction runs, however near it lies. It used to repeat the store for ever."""
    code = words(
        0x00000297,  # auipc t0, 0
        0x00700337 | 0,  # lui t1, 0x700
        0x51330313,  # addi t1, t1, 0x513: li a0, 7
        0x0062AA23,  # sw t1, 20(t0)
        0x0000100F,  # fence.i
        0x00100513,  # li a0, 1
        *(0x1A1002B7, 0x00A2A023, 0x0000006F),
    )
    result = simulate(elf(code, flags=7), FLAT, max_cycles=1000)
    assert (result.exit_code, result.instructions) == (7, 8)


@pytest.mark.parametrize("nops", [0, 1, 2])
def test_an_instruction_that_may_have_been_fetched_already_is_a_fault(nops: int) -> None:
    """The RTL runs the old instruction up to 8 bytes ahead of the store, 12 where the store waits: not to rely on."""
    target = 16 + 4 * nops
    store = 0x0062A023 | (target >> 5) << 25 | (target & 31) << 7
    code = words(0x00000297, 0x00700337, 0x51330313, store, *[0x13] * nops, 0x00100513)
    with pytest.raises(
        ProgramFault, match=r"changed by the store at 0x0000000c right before it.*fence\.i"
    ) as caught:
        simulate(elf(code + EXIT, flags=7), FLAT, max_cycles=1000)
    assert (caught.value.kind, caught.value.pc) == ("stale_code", target)


def test_a_store_16_bytes_ahead_needs_no_fence() -> None:
    code = words(0x00000297, 0x00700337, 0x51330313, 0x0262A023, *[0x13] * 4, 0x00100513)
    code += words(0x1A1002B7, 0x00A2A023, 0x0000006F)
    assert simulate(elf(code, flags=7), FLAT, max_cycles=1000).exit_code == 7


def two_segments(
    load: int, *, run: int = 0x4000, code: bytes, data: bytes, flags: int = 6, entry: int = 0
) -> bytes:
    """Code at 0, and a segment that runs at `run` (16 bytes larger in memory) and is loaded at `load`."""
    header = b"\x7fELF\x01\x01\x01" + bytes(9)
    header += struct.pack("<HHIIIIIHHHHHH", 2, 243, 1, entry, 52, 0, 0, 52, 32, 2, 0, 0, 0)
    rows = struct.pack("<8I", 1, 116, 0, 0, len(code), len(code), 5, 4)
    rows += struct.pack("<8I", 1, 116 + len(code), run, load, len(data), len(data) + 16, flags, 4)
    return header + rows + code + data


# Start-up code: copies a word from 0x2000 (load address) to 0x4000 (run address).
COPY = words(0x000022B7, 0x0002A303, 0x000043B7, 0x0063A023)


def test_a_segment_lies_at_its_load_address_until_it_is_copied() -> None:
    """As a debugger or a programmer puts it into flash: .data of a program linked with AT>."""
    read_before = words(0x00004537, 0x00052583)  # lui a0, 4; lw a1, 0(a0): 0, nothing has been copied
    after = words(0x00052603, 0x00B60533, 0x1A1002B7, 0x00A2A023, 0x0000006F)  # lw a2; exit with a1 + a2
    file = two_segments(0x2000, code=read_before + COPY + after, data=words(42))
    assert simulate(file, FLAT).exit_code == 42


def test_code_is_copied_to_where_it_runs() -> None:
    call = words(0x000380E7, 0x1A1002B7, 0x00A2A023, 0x0000006F)  # jalr t2; exit with a0
    copy_two = words(0x000022B7, 0x000043B7, 0x0002A303, 0x0063A023, 0x0042A303, 0x0063A223)
    function = words(0x02A00513, 0x00008067)  # li a0, 42; ret
    file = two_segments(0x2000, code=copy_two + call, data=function, flags=5)
    assert simulate(file, FLAT).exit_code == 42


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (
            two_segments(0x20000000, code=COPY, data=words(42)),
            "the segment that runs at 0x00004000 is loaded at 0x20000000, where its 4 bytes do not lie inside a memory",
        ),
        (
            two_segments(8, code=COPY, data=words(42)),
            "what is loaded at 0x00000000 .16 bytes. and 0x00000008 overlap",
        ),
        (
            two_segments(0x2000, code=COPY, data=EXIT, flags=5, entry=0x4000),
            "the entry point 0x00004000 lies in the segment at 0x00004000, which is loaded at 0x00002000",
        ),
        (two_segments(0xFFFFFFFE, code=COPY, data=words(42)), "wraps around the address space"),
    ],
)
def test_load_addresses_that_cannot_work(file: bytes, message: str) -> None:
    with pytest.raises(SimulationFault, match=message):
        simulate(file, FLAT)


def segments(count: int, *, step: int, size: int, flags: int = 5) -> bytes:
    """A file with `count` segments of `size` bytes in memory, `step` apart; all hold the smallest program."""
    header = b"\x7fELF\x01\x01\x01" + bytes(9)
    header += struct.pack("<HHIIIIIHHHHHH", 2, 243, 1, 0, 52, 0, 0, 52, 32, count, 0, 0, 0)
    at = len(header) + 32 * count
    rows = [struct.pack("<8I", 1, at, i * step, i * step, len(EXIT), size, flags, 4) for i in range(count)]
    return header + b"".join(rows) + EXIT


def test_segments_beside_each_other_run() -> None:
    assert simulate(segments(60, step=64, size=64), FLAT).exit_code == 0


@pytest.mark.parametrize("step", [0, 63])
def test_overlapping_segments_are_refused(step: int) -> None:
    with pytest.raises(SimulationFault, match=r"the segments at 0x0+ \(64 bytes\) and 0x0000\w+ overlap$"):
        simulate(segments(60, step=step, size=64), FLAT)


def test_a_small_file_cannot_ask_for_gigabytes() -> None:
    """Decoded code takes several times its size, whatever the file holds of it."""
    ram = replace(FLAT.memory.levels[0], size=1 << 30)
    big = replace(FLAT, memory=replace(FLAT.memory, levels=(ram, *FLAT.memory.levels[1:])))
    file = elf(memory_size=1 << 29)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SimulationFault, match="executable segments have 536870912 bytes, at most 33554432"):
        simulate(file, big)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10  # KiB


def test_segments_of_one_piece_of_the_file_share_it() -> None:
    file = segments(60, step=64, size=64)
    found = Symbols(file).segments
    assert len(found) == 60 and all(s.data.obj is file and bytes(s.data) == EXIT for s in found)


def test_a_damaged_table_only_loses_names() -> None:
    """pyelftools raises its own error for a table that is not there; whatever else is raised is a bug, and passes."""
    file = bytearray(elf())
    struct.pack_into("<I", file, 32, 0x7FFFFF00)  # the section table's offset
    struct.pack_into("<HHH", file, 46, 40, 3, 1)
    symbols = Symbols(bytes(file))
    assert (symbols.addresses, symbols.functions, symbols.source_line(0)) == ({}, (), None)


def test_a_bug_of_ours_is_not_called_a_damaged_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[object]:
        raise KeyError("a bug")

    monkeypatch.setattr(symbols_module, "_rows", broken)
    image = build([LOAD], FLAT, XCV, defines={"ROUNDS": "1"}).elf
    with pytest.raises(KeyError, match="a bug"):
        Symbols(image).source_line(0)
