"""Random streams are equal on both cores; a failing one is minimised."""

import pytest

from isas import named
from nmcu.isa import InstructionSet
from nmcu.rtl import fuzz, stream
from nmcu.rtl.encode import i_type
from nmcu.rtl.items import Item

XDEC = named("xdec")
TABLE = fuzz.table(XDEC)


def test_streams_are_reproducible() -> None:
    assert stream.generate(3, 200, TABLE) == stream.generate(3, 200, TABLE) != stream.generate(4, 200, TABLE)
    kinds = {item.kind for item in stream.generate(5, 3000, TABLE)}
    assert {"hwloop", "xdec", "trap", "jump", "branch", "cv.store", "divide", "csr"} <= kinds


@pytest.mark.parametrize(("isa", "streams"), [(XDEC, 8), (named("gmac+xdec"), 60)], ids=str)
def test_both_cores_agree(isa: InstructionSet, streams: int) -> None:
    """State exact; cycles within 0.5 % without memory stalls, 1 % with."""
    for number in range(streams):
        percent = fuzz.STALL_PERCENTS[number % 2]
        found = fuzz.compare(stream.generate(number, 600, fuzz.table(isa)), number, isa, percent)
        assert not found.mismatch, found.detail
        assert found.instructions > 700
        assert abs(found.error_percent) < (1.0 if percent else 0.5)


@pytest.mark.parametrize("isa", [XDEC, named("gmac+xdec")], ids=str)
def test_both_cores_agree_on_interrupted_streams(isa: InstructionSet) -> None:
    """Interrupts are taken in front of the same instructions; handlers compute, too."""
    for number in range(20, 32):
        percent = fuzz.STALL_PERCENTS[number % 2]
        items = stream.generate(number, 600, fuzz.table(isa), interrupted=True)
        found = fuzz.compare(items, number, isa, percent, interrupted=True)
        assert not found.mismatch, found.detail
        assert found.interrupts > 5
        assert abs(found.error_percent) < (1.0 if percent else 0.5)


def test_a_difference_is_found_and_minimised() -> None:
    """mcycle differs between the cores by construction: a stream that reads it twice, among others that do not."""
    read = Item("csr", (i_type(0x73, 5, 0, 0, 0x320), i_type(0x73, 2, 5, 0, 0xB00)))
    items = (*stream.generate(1, 40, TABLE), read, *stream.generate(2, 40, TABLE))

    def fails(part: tuple[Item, ...]) -> bool:
        return read in part

    assert fuzz.minimise(items, fails) == (read,)
    assert "csrrs t0, mcycle, zero" in fuzz.listing((read,), XDEC)


def test_every_item_is_a_program_of_its_own() -> None:
    for item in stream.generate(11, 60, TABLE):
        found = fuzz.compare((item,), 11, XDEC)
        assert not found.mismatch, f"{fuzz.listing((item,), XDEC)}\n{found.detail}"
