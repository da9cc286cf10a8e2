"""What linker scripts and HAL ports repeat from target.toml agrees with it."""

import re

import pytest

from nmcu import targets


def _number(text: str) -> int:
    scale = {"K": 1 << 10, "M": 1 << 20}.get(text[-1])
    return int(text[:-1]) * scale if scale else int(text, 0)


@pytest.mark.parametrize("name", targets.names())
def test_memories_are_the_targets(name: str) -> None:
    target = targets.get(name)
    script = (target.folder / "link.ld").read_text()
    found = {
        region.lower(): (_number(origin), _number(length))
        for region, origin, length in re.findall(r"(\w+) +\(r\w+\) +: ORIGIN = (\w+), LENGTH = (\w+)", script)
    }
    assert found == {level.name: (level.base, level.size) for level in target.memory.levels}


@pytest.mark.parametrize("name", targets.names())
def test_stacks_are_the_targets(name: str) -> None:
    target = targets.get(name)
    script = (target.folder / "link.ld").read_text()
    assert f"__stack_bytes = {target.stack_bytes};" in script
    stacks = re.search(r"__stack_bottom = __stack_top - (?:(\d+) \* )?__stack_bytes;", script)
    assert stacks and int(stacks[1] or 1) == target.cores


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


@pytest.mark.parametrize("name", targets.names())
def test_host_io_page_is_where_the_ports_expect_it(name: str) -> None:
    macros = _macros((targets.target.TARGETS_DIR / "common" / "nmcu_simulated.h").read_text())
    assert macros["NMCU_HOST_IO_BASE"] == targets.get(name).host_io_base


def test_unknown_target_names_the_known_ones() -> None:
    with pytest.raises(
        targets.target.NmcuError, match=r"unknown target 'pulp'; known targets: cluster8, cv32e40p"
    ):
        targets.get("pulp")


def test_buffers_may_take_what_the_linker_leaves_free() -> None:
    assert targets.get("cluster8").compute_bytes == 112 << 10
    assert targets.get("cv32e40p").compute_bytes == (1024 - 64 - 256) << 10
    assert targets.get("cluster8").working_bytes == 1536 << 10
