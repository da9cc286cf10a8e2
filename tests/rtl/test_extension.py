"""An extension outside the package, beside xDecimate in one core: what the simulator says, the RTL does."""

from pathlib import Path

import pytest

from isas import named
from nmcu.isa import Extension, InstructionSet
from nmcu.rtl import core_sources, fuzz, stream
from nmcu.rtl.items import CORE, Item

FOLDER = Path(__file__).parent / "rev8"
REV8 = Extension.load(FOLDER)
BOTH = InstructionSet.of([*named("xdec").extensions, REV8])


def test_its_unit_and_edits_are_in_the_core() -> None:
    texts = core_sources.sources(BOTH)
    assert {"rev8_unit.sv", "nmcu_xdec_counter.sv"} <= texts.keys()
    assert core_sources.edited_files(BOTH) == core_sources.edited_files(named("xdec")) | {"cv32e40p_alu.sv"}
    for name, text in core_sources.sources(InstructionSet.of([REV8])).items():
        assert "xdec" not in text, name


@pytest.mark.slow
def test_it_runs_as_the_simulator_says() -> None:
    """Both are built for it, here, once; then random streams of everything that both extensions have."""
    table = fuzz.table(BOTH)
    assert {row.extension for row in table.instructions} == {*CORE, "xdec", "rev8"}
    for seed in range(4):
        items = stream.generate(seed, 600, table)
        assert {"rev8", "xdec"} <= {item.kind for item in items}
        found = fuzz.compare(items, seed, BOTH, fuzz.STALL_PERCENTS[seed % 2])
        assert not found.mismatch, found.detail
        assert found.instructions > 700
    word = next(row.match for row in table.instructions if row.extension == "rev8") | 5 << 7 | 6 << 15
    assert "rev8.w t0, t1" in fuzz.listing((Item("rev8", (word,)),), BOTH)
