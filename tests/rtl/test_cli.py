"""The commands: JSON fields and exit codes."""

from typing import Any

import pytest

from nmcu.rtl.compare import Row
from nmcu.rtl.synthesis import Area


def test_fuzz(nmcu: Any) -> None:
    done = nmcu("rtl", "fuzz", "--minutes", "0.02", "--json")
    assert done.code == 0
    found = done.json
    assert found["streams"] > 0 and found["instructions"] > 1000 and found["failures"] == []
    assert set(found["total_error_percent"]) == {"0", "30"}
    assert "streams differ" in nmcu("rtl", "fuzz", "--minutes", "0.01", "--seed", "7").out


def test_area(nmcu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Area(64.0, 65.0, 1.0, 1.56, {"a": (1.0, 2.0), "b": (3.0, 3.0)})
    monkeypatch.setattr("nmcu.cli.rtl.area.synthesise", lambda isa, module, progress: fake)
    found = nmcu("rtl", "area", "--json").json
    assert set(found) == {"core_kge", "core_xdec_kge", "delta_kge", "delta_percent", "modules"}
    assert found["modules"]["a"] == [1.0, 2.0]
    assert "+1.56 %" in nmcu("rtl", "area").out


def test_compare(nmcu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Row("kernel", 8, 995, 1000)]
    monkeypatch.setattr("nmcu.bench.against_rtl.compare_kernels", lambda cases, on_case: rows)
    monkeypatch.setattr("nmcu.bench.against_rtl.compare_networks", lambda files, on_case: [])
    found = nmcu("rtl", "compare", "--json").json
    row = {"program": "kernel", "cores": 8, "iss_cycles": 995, "rtl_cycles": 1000, "error_percent": -0.5}
    assert found == {"rows": [row]}
    assert "-0.50 %" in nmcu("rtl", "compare").out
