"""The commands: JSON fields and exit codes."""

import json

import pytest
from typer.testing import CliRunner

from nmcu.cli import rtl
from nmcu.cli.app import app
from nmcu.rtl.compare import Row
from nmcu.rtl.synthesis import Area

runner = CliRunner()


def test_fuzz() -> None:
    done = runner.invoke(app, ["rtl", "fuzz", "--minutes", "0.02", "--json"])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["streams"] > 0 and found["instructions"] > 1000 and found["failures"] == []
    assert set(found["total_error_percent"]) == {"0", "30"}
    assert "streams differ" in runner.invoke(app, ["rtl", "fuzz", "--minutes", "0.01", "--seed", "7"]).stdout


def test_area(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Area(64.0, 65.0, 1.0, 1.56, {"a": (1.0, 2.0), "b": (3.0, 3.0)})
    monkeypatch.setattr(rtl, "synthesise", lambda isa, module, progress: fake)
    found = json.loads(runner.invoke(app, ["rtl", "area", "--json"]).stdout)
    assert set(found) == {"core_kge", "core_xdec_kge", "delta_kge", "delta_percent", "modules"}
    assert found["modules"]["a"] == [1.0, 2.0]
    assert "+1.56 %" in runner.invoke(app, ["rtl", "area"]).stdout


def test_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Row("kernel", 8, 995, 1000)]
    monkeypatch.setattr(rtl.against_rtl, "compare_kernels", lambda cases, on_case: rows)
    monkeypatch.setattr(rtl.against_rtl, "compare_networks", lambda files, on_case: [])
    found = json.loads(runner.invoke(app, ["rtl", "compare", "--json"]).stdout)
    row = {"program": "kernel", "cores": 8, "iss_cycles": 995, "rtl_cycles": 1000, "error_percent": -0.5}
    assert found == {"rows": [row]}
    assert "-0.50 %" in runner.invoke(app, ["rtl", "compare"]).stdout
