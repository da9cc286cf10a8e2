"""Area of the load-store unit, a part of the core that changes; the whole core takes minutes."""

import pytest

from isas import named
from nmcu.isa import InstructionSet
from nmcu.rtl import RtlError, area, synthesis
from nmcu.rtl.synthesis import Combination, _by_module, _Mapped


@pytest.mark.slow
def test_load_store_unit() -> None:
    found = area(named("xdec"), "cv32e40p_load_store_unit", progress=lambda line: None)
    assert 1.0 < found.core_kge < 2.0
    assert 0.1 < found.delta_kge < 0.4
    before, after = found.modules["nmcu_xdec_merge"]
    assert before == 0.0 and 0.05 < after < 0.2
    assert found.delta_kge == pytest.approx(found.core_xdec_kge - found.core_kge, abs=0.002)
    (alone,) = found.combinations
    assert (alone.isa, alone.core_kge, alone.delta_percent) == (
        "xdec",
        found.core_xdec_kge,
        found.delta_percent,
    )
    assert -5 < alone.path_percent < 20


def test_a_core_is_not_compared_with_itself() -> None:
    with pytest.raises(
        RtlError, match="no extension of xcv changes the core's RTL: there is nothing to compare"
    ):
        area(named("xcv"))


def test_areas_are_counted_by_module() -> None:
    stat = {
        "\\top": {"num_cells_by_type": {"NAND2": 1000, "DFFR": 100, "\\sub$top.a": 2}},
        "\\sub$top.a": {"num_cells_by_type": {"INV": 100}},
        "\\sub$top.b": {"num_cells_by_type": {"INV": 100}},
    }
    assert _by_module(stat) == pytest.approx({"top": 1.6, "sub": 0.134})


def _mapped(top: str, isa: InstructionSet, progress: object) -> _Mapped:
    """A core of a multiplier that gmac edits and a register file that nothing does: each extension adds a unit, and
    mapping again changes both. A path of one inverter for each, and one for each extension."""
    names = [extension.name for extension in isa.extensions if extension.name != "xcv"]
    count = len(names)
    kinds = {"cv32e40p_mult": 16.0 + count, "cv32e40p_register_file": 15.0 - count}
    chain = {f"g{i}": {"type": "INV", "connections": {"A": [i], "Y": [i + 1]}} for i in range(10 + count)}
    end = {"q": {"type": "DFF", "connections": {"D": [10 + count], "Q": [0]}}}
    netlist = {top: {"ports": {}, "cells": chain | end}}
    return _Mapped(kinds | {f"unit_{name}": 1.0 for name in names}, netlist)


def test_every_combination_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name all of nmcu's, about xDecimate; what is not edited counts as it is without extensions."""
    monkeypatch.setattr(synthesis, "_synthesise", _mapped)
    found = area(module="top")
    assert (found.core_kge, found.core_xdec_kge, found.delta_percent) == (31.0, 32.0, 3.23)
    assert found.modules == {
        "cv32e40p_mult": (16.0, 16.0),
        "cv32e40p_register_file": (15.0, 15.0),
        "unit_xdec": (0.0, 1.0),
    }
    assert found.combinations == (
        Combination("gmac", 33.0, 6.45, 0.0),
        Combination("xdec", 32.0, 3.23, 0.0),
        Combination("gmac+xdec", 35.0, 12.9, 0.0),
    )
    assert [c.isa for c in area("gmac", "cv32e40p_mult").combinations] == ["gmac"]
    assert area("gmac", "cv32e40p_mult").combinations[0].path_percent == 10.0
