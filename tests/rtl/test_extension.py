"""An extension outside the package, beside all of the package's in one core: what the simulator says, the RTL does."""

from pathlib import Path

import pytest

from isas import named
from nmcu.isa import Extension, InstructionSet
from nmcu.rtl import core_sources, fuzz, stream
from nmcu.rtl.items import CORE, Item

FOLDER = Path(__file__).parent / "rev8"
REV8 = Extension.load(FOLDER)
OURS = named("gmac+xdec")
ALL = InstructionSet.of([*OURS.extensions, REV8])


def test_its_unit_and_edits_are_in_the_core() -> None:
    texts = core_sources.sources(ALL)
    assert {"rev8_unit.sv", "nmcu_xdec_counter.sv", "nmcu_gmac_address.sv"} <= texts.keys()
    assert core_sources.edited_files(ALL) == core_sources.edited_files(OURS) | {"cv32e40p_alu.sv"}
    for name, text in core_sources.sources(InstructionSet.of([REV8])).items():
        assert "xdec" not in text and "gmac" not in text, name


@pytest.mark.slow
def test_it_runs_as_the_simulator_says() -> None:
    """Both are built for it, here, once; then random streams of all that the extensions have. rev8.w and gmac share
    funct3, and a decoder that takes each word by all its bits."""
    table = fuzz.table(ALL)
    assert {row.extension for row in table.instructions} == {*CORE, "gmac", "xdec", "rev8"}
    for seed in range(4):
        items = stream.generate(seed, 600, table)
        assert {"rev8", "gmac", "xdec"} <= {item.kind for item in items}
        found = fuzz.compare(items, seed, ALL, fuzz.STALL_PERCENTS[seed % 2])
        assert not found.mismatch, found.detail
        assert found.instructions > 700
    word = next(row.match for row in table.instructions if row.extension == "rev8") | 5 << 7 | 6 << 15
    assert "rev8.w t0, t1" in fuzz.listing((Item("rev8", (word,)),), ALL)
