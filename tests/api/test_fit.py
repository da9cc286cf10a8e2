"""Which chips a network fits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from numpy.typing import NDArray

import nmcu
from networks import conv_linear
from nmcu.errors import NmcuError
from nmcu.graph import Graph, reference
from nmcu.report import fit_table

TINY = """
name = "tiny"
description = "one core, 16 KiB of RAM, 64 KiB of flash"
cores = 1
clock_hz = 1_000_000
stack_bytes = 1024
[memory.flash]
roles = ["flash"]
base = 0x0800_0000
size = 0x1_0000
executable = true
[memory.ram]
roles = ["compute", "working"]
base = 0x2000_0000
size = 0x4000
[host_io]
base = 0x1A10_0000
"""


def test_each_chip_has_its_memory_and_cycles_or_a_reason(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text(TINY)
    found = nmcu.fit(conv_linear(size=16), ["cluster8", str(tmp_path), "rp2350"])
    large, tiny, small = found.chips
    assert large.cycles == nmcu.run(conv_linear(size=16)).cycles
    assert tiny.cycles is None and tiny.reason and "bytes of" in tiny.reason and not tiny.to_json()["fits"]
    assert small.usage and 0 < small.usage.flash_bytes < small.usage.flash_size == 4 << 20
    assert 8192 < small.usage.ram_bytes < 64 << 10  # two stacks and a few maps of 4 KiB
    assert large.usage and large.usage.flash_size == 0
    assert small.time_ms == pytest.approx(small.cycles / 150e3)
    assert str(found).endswith("fits 2 of 3 targets")
    assert [row["target"] for row in found.rows()] == ["cluster8", "tiny", "rp2350"]
    assert fit_table(found)


def test_an_unknown_target_is_named() -> None:
    with pytest.raises(NmcuError, match="unknown target 'mine'"):
        nmcu.fit(conv_linear(), ["mine"])


def test_processes_find_what_one_finds() -> None:
    chips = ["cv32e40p", "rp2350"]
    assert nmcu.fit(conv_linear(), chips, jobs=2).chips == nmcu.fit(conv_linear(), chips).chips


def test_the_reference_is_computed_once_and_a_wrong_output_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    computed, right = [], reference.run

    def wrong(network: Graph, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        computed.append(network)
        return {name: array ^ 1 for name, array in right(network, feeds).items()}

    monkeypatch.setattr(reference, "run", wrong)
    found = nmcu.fit(conv_linear(), ["cv32e40p", "rp2350"])
    assert len(computed) == 1
    assert [chip.mismatches for chip in found.chips] == [10, 10]
    assert not found.bit_exact and found.rows()[0]["bit_exact"] is False
    assert fit_table(found)
