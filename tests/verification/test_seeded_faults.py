"""Faults put into the readers on purpose: each is found, and the layer it sits in is named."""

from pathlib import Path

import pytest

from nmcu import operators, verification
from nmcu.verification import Verdict
from verification.seeded import FAULTS, Fault, check, table

WORK = 20e6
DOCS = Path(__file__).parents[2] / "docs" / "verify.md"


def _verdict(data: bytes) -> Verdict:
    return verification.verify(data, operators.parse(data, "m"), work=WORK)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_fault_of_a_reader_is_found(fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = fault.build(tmp_path)
    right = _verdict(data)
    assert right.checked and right.ok, right.text
    fault.patch(monkeypatch)
    wrong = _verdict(data)
    assert wrong.checked and wrong.fault is not None
    assert (wrong.fault.finding.kind, check(wrong.fault.finding)) == (fault.layer, fault.check)


def test_the_documentation_lists_them() -> None:
    assert table() in DOCS.read_text()
