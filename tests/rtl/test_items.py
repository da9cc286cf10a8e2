"""What random streams hold: everything that the table has, and nothing that leaves the stream."""

import random
from collections import Counter

from nmcu.rtl import stream
from nmcu.rtl.items import Maker
from nmcu.rtl.operands import FREE, INDEX, POINTERS, access, computation
from nmcu.sim.instructions import Csr, Instruction, Table
from rtl import tables

XDEC = tables.xdec()
# What needs a place to go, or ends the program.
ELSEWHERE = {"mret", "wfi"}


def _row(**flags: object) -> Instruction:
    """An instruction of an extension `mine` in custom-1, funct3 111, with three registers."""
    known = dict.fromkeys(Instruction.__dataclass_fields__, False)
    text = {"name": "mine", "mask": 0xFE00707F, "match": 0x0000702B, "extension": "mine", "immediate": "None"}
    return Instruction(**{**known, **text, "text": "mine rd, rs1, rs2", **flags})  # type: ignore[arg-type]


def _registers(word: int) -> tuple[int, int, int]:
    return word >> 7 & 31, word >> 15 & 31, word >> 20 & 31


def test_every_instruction_is_met() -> None:
    words = [w for seed in range(40) for item in stream.generate(seed, 1000, XDEC) for w in item.code]
    met = {row.name for word in set(words) if word & 3 == 3 and (row := XDEC.find(word))}
    assert {row.name for row in XDEC.instructions} - met == ELSEWHERE


def test_every_gather_is_met_in_company() -> None:
    """Behind a gather come others, dot products, accesses, readers of its accumulators."""
    table = tables.both()
    items = [item for seed in range(40) for item in stream.generate(seed, 1000, table) if item.kind == "gmac"]
    words = {word for item in items for word in item.code}
    met = {row.name for word in words if (row := table.find(word))}
    assert {row.name for row in table.instructions if row.extension == "gmac"} <= met
    assert {"cv_sdotsp_b", "lw", "cv_lw_pi"} <= met
    assert max(len(item.code) for item in items) > 5


def test_kinds_are_as_frequent_as_they_are_meant_to_be() -> None:
    kinds = Counter(item.kind for seed in range(10) for item in stream.generate(seed, 1000, XDEC))
    assert 0.30 < kinds["compute"] / 10_000 < 0.38
    assert 0.04 < kinds["xdec"] / 10_000 < 0.06


def test_only_what_the_instruction_set_has() -> None:
    table = tables.xcv()
    assert {row.extension for row in table.instructions} == {"base", "xcv"}
    assert not any(item.kind == "xdec" for item in stream.generate(1, 1000, table))
    assert 0x7C0 not in {csr.number for csr in table.csrs}


def test_loads_and_stores_stay_near_pointers() -> None:
    rng = random.Random(1)
    plain = _row(writes_rd=True, reads_rs1=True, reads_rs2=True, is_load=True)
    offsets = {_registers(access(rng, plain)) for _ in range(300)}
    assert {rs1 for _, rs1, _ in offsets} == set(POINTERS)
    assert {rd for rd, _, _ in offsets} <= set(FREE)
    assert len({rs2 for _, _, rs2 in offsets}) > 25  # data
    indexed = _row(text="mine rd, rs2(rs1)", writes_rd=True, reads_rs1=True, reads_rs2=True, is_load=True)
    assert {_registers(access(rng, indexed))[2] for _ in range(50)} == {INDEX}
    store = _row(text="mine rs2, rs3(rs1)", reads_rs1=True, reads_rs2=True, reads_rd=True, is_store=True)
    assert {_registers(access(rng, store))[0] for _ in range(50)} == {INDEX}


def test_results_go_to_free_registers() -> None:
    rng = random.Random(1)
    rows = [_row(writes_rd=True, writes_rs1=True), _row(writes_rd=True)]
    for row in rows:
        for _ in range(100):
            rd, rs1, _ = _registers(computation(rng, row))
            assert rd in FREE and (rs1 in FREE or not row.writes_rs1)


def test_an_extension_of_ones_own_is_met() -> None:
    """Runs of what reads its own destination, its CSR with small values, near misses of its encoding."""
    mine = (_row(writes_rd=True, reads_rs1=True, reads_rs2=True, reads_rd=True),)
    table = Table((*XDEC.instructions, *mine), (*XDEC.csrs, Csr(0x7C3, "level", "mine", 0xFF)))
    items = [item for seed in range(20) for item in stream.generate(seed, 1000, table)]
    assert max(len(item.code) for item in items if item.kind == "mine") == 4
    writes = {w >> 12 & 7 for i in items if i.kind == "csr" for w in i.code if w >> 20 == 0x7C3}
    assert writes == {5, 6, 7}
    maker = Maker(random.Random(1), table)
    traps = {maker.trap().code[0] for _ in range(3000)}
    assert {0x0000702B ^ 1 << bit for bit in range(25, 32)} <= traps


def test_the_same_seed_makes_the_same_items() -> None:
    first, second = (Maker(random.Random(3), XDEC) for _ in range(2))
    assert [first.branch() for _ in range(50)] == [second.branch() for _ in range(50)]
