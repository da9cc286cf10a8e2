"""What linker scripts and HAL ports repeat from target.toml agrees with it."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import nmcu
from isas import CORE_V_TARGETS
from networks import conv_linear
from nmcu import targets
from nmcu.errors import NmcuError
from nmcu.targets import Target


def _number(text: str) -> int:
    scale = {"K": 1 << 10, "M": 1 << 20}.get(text[-1])
    return int(text[:-1]) * scale if scale else int(text, 0)


@pytest.mark.parametrize("name", CORE_V_TARGETS)
def test_memories_are_the_targets(name: str) -> None:
    target = targets.get(name)
    script = (target.folder / "link.ld").read_text()
    found = {
        region.lower(): (_number(origin), _number(length))
        for region, origin, length in re.findall(r"(\w+) +\(r\w+\) +: ORIGIN = (\w+), LENGTH = (\w+)", script)
    }
    assert found == {level.name: (level.base, level.size) for level in target.memory.levels}


@pytest.mark.parametrize("name", CORE_V_TARGETS)
def test_stacks_are_the_targets(name: str) -> None:
    """And those of a cluster of other size, which the benchmarks make from one."""
    whole = targets.get(name)
    for target in (whole, replace(whole, cores=3, stack_bytes=1024)):
        script = target.link_script
        assert f"__cores = {target.cores};\n__stack_bytes = {target.stack_bytes};" in script
        assert "__stack_bottom = __stack_top - __cores * __stack_bytes;" in script


def _copied(folder: Path, name: str, old: str, new: str) -> Target:
    """A copy of the target `name`, as a start of a new one, with `new` for `old` in its description."""
    copied = Path(shutil.copytree(targets.get(name).folder, folder / "mine"))
    description = copied / "target.toml"
    text = description.read_text()
    assert old in text
    description.write_text(text.replace(old, new, 1))
    return Target.load(copied)


@pytest.mark.parametrize("cores", [2, 16])
def test_a_copied_target_with_other_cores_runs_on_them(tmp_path: Path, cores: int) -> None:
    """The port's eight cores are those where nothing says otherwise."""
    mine = _copied(tmp_path, "cluster8", "cores = 8", f"cores = {cores}")
    report = nmcu.run(conv_linear(), target=mine)
    assert report.bit_exact and report.cores == cores


def test_a_script_that_leaves_stacks_too_little_is_refused(tmp_path: Path) -> None:
    mine = _copied(tmp_path, "cluster8", "cores = 8", "cores = 16")
    script = mine.folder / "link.ld"
    script.write_text(script.read_text().replace("__cores * __stack_bytes", "16K"))
    with pytest.raises(NmcuError, match=r"stacks in link.ld are smaller than the 32,768 bytes"):
        nmcu.compile(conv_linear(), mine)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "cluster8",
            "size = 131072",
            "size = 65536",
            r"link.ld: L1 has 131,072 bytes, .*l1\] of target.toml 65,536",
        ),
        ("cv32e40p", "cores = 1", "cores = 2", "more cores than its nmcu_port.h"),
    ],
)
def test_a_copied_target_with_more_than_its_files_have_is_refused(
    tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    with pytest.raises(NmcuError, match=message):
        nmcu.compile(conv_linear(), _copied(tmp_path, name, old, new))


def _macros(text: str) -> dict[str, int]:
    return {name: int(value, 0) for name, value in re.findall(r"#define (NMCU_\w+) (\w+?)u\n", text)}


def test_cluster8_port_has_the_targets_addresses() -> None:
    target = targets.get("cluster8")
    macros = _macros((target.folder / "nmcu_port.h").read_text())
    assert target.event_unit is not None
    assert macros == {
        "NMCU_CORES": target.cores,
        "NMCU_EVENT_UNIT_BASE": target.event_unit.base,
        "NMCU_DMA_BASE": {link.name: link for link in target.memory.links}["l2_l1"].base,
        "NMCU_L3_DMA_BASE": {link.name: link for link in target.memory.links}["l3_l2"].base,
    }


@pytest.mark.parametrize("name", CORE_V_TARGETS)
def test_host_io_page_is_where_the_ports_expect_it(name: str) -> None:
    macros = _macros((targets.target.TARGETS_DIR / "common" / "nmcu_simulated.h").read_text())
    assert macros["NMCU_HOST_IO_BASE"] == targets.get(name).host_io_base


def test_unknown_target_names_the_known_ones() -> None:
    with pytest.raises(
        targets.target.NmcuError, match=r"unknown target 'pulp'; known targets: cluster8, cv32e40p, esp32c3"
    ):
        targets.get("pulp")


def test_buffers_may_take_what_the_linker_leaves_free() -> None:
    assert targets.get("cluster8").compute_bytes == 112 << 10
    assert targets.get("cv32e40p").compute_bytes == (1024 - 64 - 256) << 10
    assert targets.get("cluster8").working_bytes == 1536 << 10
