"""The kernel benchmark, on shapes small enough to simulate at once."""

from pathlib import Path

import pytest

from isas import XCV
from nmcu import targets
from nmcu.bench import measure as measuring
from nmcu.bench.kernels import KernelRow, Selection, bench_kernels
from nmcu.bench.measure import Case, measure
from nmcu.bench.plot import plot_kernels
from nmcu.errors import NmcuError

SMALL = "conv3x3_6x6x16_8"
FIELDS = [
    "shape",
    "op",
    "pattern",
    "kernel",
    "isa",
    "packed",
    "cycles",
    "macs",
    "nonzero_macs",
    "macs_per_cycle",
    "speedup_vs_dense",
    "speedup_vs_dense_4x2",
    "packed_bytes",
    "dense_bytes",
    "bit_exact",
    "stalls",
]


@pytest.fixture(scope="module")
def rows() -> list[KernelRow]:
    found = bench_kernels(Selection(shapes=SMALL, patterns=("1:8", "1:8x4")), jobs=1)
    assert not found.failures
    return list(found)


def test_every_run_is_right(rows: list[KernelRow]) -> None:
    assert rows
    assert all(row.bit_exact for row in rows)


def test_rows_have_the_documented_fields(rows: list[KernelRow]) -> None:
    assert all(list(row.to_json()) == FIELDS for row in rows)


def test_work_is_counted(rows: list[KernelRow]) -> None:
    macs = 6 * 6 * 8 * 9 * 16
    assert all(row.macs == macs and row.dense_bytes == 8 * 9 * 16 for row in rows)
    assert all(row.nonzero_macs == (macs // 8 if row.packed else macs) for row in rows)


def test_speedups_are_over_the_dense_kernels_of_the_same_run(rows: list[KernelRow]) -> None:
    dense = {row.kernel: row.cycles for row in rows if row.pattern == "dense"}
    for row in rows:
        assert row.speedup_vs_dense == pytest.approx(min(dense.values()) / row.cycles, abs=1e-3)
        assert row.speedup_vs_dense_4x2 == pytest.approx(dense["dense_4x2"] / row.cycles, abs=1e-3)


def test_xdecimate_runs_only_where_it_is_needed(rows: list[KernelRow]) -> None:
    assert {row.isa for row in rows if row.kernel.endswith("xdec")} == {"xdec"}
    assert {row.isa for row in rows if "mac" in row.kernel} == {"gmac"}
    assert {row.isa for row in rows if not row.kernel.endswith("xdec") and "mac" not in row.kernel} == {"xcv"}


def test_packed_weights_are_small() -> None:
    for kernel, isa, most in (("word_gather_g1", "xcv", 0.26), ("published_conv", "xcv", 0.19)):
        found = measure(Case("conv3x3_8x8x64_8", "1:8", kernel, isa))
        assert found is not None
        assert found.packed_bytes <= most * 8 * 9 * 64


def test_dense_kernels_are_measured_even_if_not_shown() -> None:
    found = bench_kernels(Selection(shapes=SMALL, kernels="word_gather_g1", patterns=("1:4",)), jobs=1)
    assert [row.kernel for row in found] == ["word_gather_g1"]
    assert found.measured[0].speedup_vs_dense is not None


def test_l1_resident_is_computing_alone() -> None:
    whole = measure(Case(SMALL, "dense", "dense_4x4", "xcv"))
    apart = measure(Case(SMALL, "dense", "dense_4x4", "xcv", apart=True, whole=True))
    assert whole is not None and apart is not None
    assert apart.bit_exact
    assert apart.cycles < whole.cycles
    assert apart.stalls["dma_wait"] == 0


def test_a_layer_too_large_for_l1_has_no_resident_row() -> None:
    assert measure(Case("conv3x3_8x8x128_128", "dense", "dense_4x4", "xcv", apart=True, whole=True)) is None


def test_a_result_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NMCU_CACHE", str(tmp_path))
    case = Case(SMALL, "dense", "dense_4x4", "xcv")
    first = measure(case)
    monkeypatch.delattr(measuring, "run")
    assert measure(case) == first


def test_a_wrong_result_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "_simulated", _zeros)
    found = measure(Case(SMALL, "dense", "dense_4x4", "xcv"))
    assert found is not None and not found.bit_exact


def _zeros(*_: object) -> dict[str, object]:
    return {"cycles": 1, "stalls": {}, "outputs": "0" * 64}


def test_a_selection_of_nothing_is_an_error() -> None:
    with pytest.raises(NmcuError, match="no kernel matching"):
        bench_kernels(Selection(shapes=SMALL, kernels="nothing*"), jobs=1)


def test_the_figure_is_drawn(rows: list[KernelRow], tmp_path: Path) -> None:
    plot_kernels(rows, tmp_path / "kernels.png")
    assert (tmp_path / "kernels.png").stat().st_size > 10_000
    with pytest.raises(NmcuError, match="supported are"):
        plot_kernels(rows, tmp_path / "kernels.txt")
    with pytest.raises(NmcuError, match="nothing to draw"):
        plot_kernels([row for row in rows if row.pattern == "dense"], tmp_path / "none.png")


def test_kept_results_do_not_outlive_the_code_that_made_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, target = measuring.simulator_identity.__wrapped__, targets.get("cluster8")
    (tmp_path / "run.py").write_text("cycles = 1\n")
    before = identity(target, XCV)
    monkeypatch.setattr(measuring.sim, "__file__", str(tmp_path / "__init__.py"))
    first = identity(target, XCV)
    (tmp_path / "run.py").write_text("cycles = 2\n")
    assert len({before, first, identity(target, XCV)}) == 3


def test_where_a_core_copies_transfers_are_part_of_the_prediction() -> None:
    """With an engine they would go on while the core computes, and small tiles would look cheap."""
    found = measure(Case("depthwise3x3_8x8x32", "dense", "depthwise_3x3", "rv32", "cv32e40p"))
    assert found is not None and found.bit_exact
    assert found.candidate.parameters["channels"] == 32
    assert found.candidate.cycles == pytest.approx(found.cycles, rel=0.1)
