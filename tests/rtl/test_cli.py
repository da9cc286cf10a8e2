"""The commands: JSON fields and exit codes."""

from typing import Any

import pytest

from nmcu.rtl.compare import Row
from nmcu.rtl.synthesis import Area, Combination


def test_fuzz(nmcu: Any) -> None:
    done = nmcu("rtl", "fuzz", "--minutes", "0.02", "--json")
    assert done.code == 0
    found = done.json
    assert found["streams"] > 0 and found["instructions"] > 1000 and found["failures"] == []
    assert set(found["total_error_percent"]) == {"0", "30"}
    assert "streams differ" in nmcu("rtl", "fuzz", "--minutes", "0.01", "--seed", "7").out


def test_area(nmcu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    both = Combination("gmac+xdec", 67.0, 4.69, 1.25)
    fake = Area(64.0, 65.0, 1.0, 1.56, {"a": (1.0, 2.0), "b": (3.0, 3.0)}, (both,))
    monkeypatch.setattr("nmcu.cli.rtl.area.synthesise", lambda isa, module, progress: fake)
    found = nmcu("rtl", "area", "--json").json
    fields = {"core_kge", "core_xdec_kge", "delta_kge", "delta_percent", "modules", "combinations"}
    assert set(found) == fields
    assert found["modules"]["a"] == [1.0, 2.0]
    assert found["combinations"] == [
        {"isa": "gmac+xdec", "core_kge": 67.0, "delta_percent": 4.69, "path_percent": 1.25}
    ]
    text = nmcu("rtl", "area").out
    assert "xdec: +1.000 kGE, +1.56 %" in text and "+1.25 %" in text


def test_compare(nmcu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Row("kernel", 8, 995, 1000)]
    monkeypatch.setattr("nmcu.bench.against_rtl.compare_kernels", lambda cases, on_case: rows)
    monkeypatch.setattr("nmcu.bench.against_rtl.compare_networks", lambda files, on_case: [])
    found = nmcu("rtl", "compare", "--json").json
    row = {"program": "kernel", "cores": 8, "iss_cycles": 995, "rtl_cycles": 1000, "error_percent": -0.5}
    assert found == {"rows": [row]}
    assert "-0.50 %" in nmcu("rtl", "compare").out
