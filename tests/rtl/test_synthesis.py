"""Area of the load-store unit, the part of the core that changes most; the whole core takes minutes."""

import pytest

from isas import named
from nmcu.rtl import RtlError, area
from nmcu.rtl.synthesis import _by_module


@pytest.mark.slow
def test_load_store_unit() -> None:
    found = area(named("xdec"), "cv32e40p_load_store_unit", progress=lambda line: None)
    assert 1.0 < found.core_kge < 2.0
    assert 0.1 < found.delta_kge < 0.4
    before, after = found.modules["nmcu_xdec_merge"]
    assert before == 0.0 and 0.05 < after < 0.2
    assert found.delta_kge == pytest.approx(found.core_xdec_kge - found.core_kge, abs=0.002)


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
