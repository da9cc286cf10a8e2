"""A target.toml is checked: one sentence for every mistake."""

import re
from pathlib import Path

import pytest

from isas import BUILT_IN
from nmcu.errors import NmcuError
from nmcu.targets import Role, Target

GOOD = """
name = "chip"
description = "a chip"
cores = 2
clock_hz = 1_000_000
stack_bytes = 1024

[memory.flash]
roles = ["flash"]
base = 0x0800_0000
size = 0x10_0000
latency_cycles = 3
executable = true

[memory.ram]
roles = ["compute", "working"]
base = 0x2000_0000
size = 0x4_0000

[memory.psram]
roles = ["bulk"]
base = 0x9000_0000
size = 0x80_0000

[links.psram_ram]
near = "psram"
far = "ram"
base = 0x4000_0000
bytes_per_cycle = 0.5
latency_cycles = 50
queue_per_core = 1
queue_total = 1

[host_io]
base = 0x1A10_0000
"""


def _load(folder: Path, text: str) -> Target:
    (folder / "target.toml").write_text(text)
    (folder / "nmcu_port.h").touch()
    return Target.load(folder)


def test_a_folder_anywhere_is_a_target(tmp_path: Path) -> None:
    chip = _load(tmp_path, GOOD)
    memory = chip.memory
    assert (chip.name, chip.cores, chip.program_bytes) == ("chip", 2, 64 << 10)
    assert not memory.staged
    assert (memory.code.name, memory.constants.name, memory.variables.name) == ("flash", "flash", "ram")
    assert memory.engine(Role.BULK, Role.WORKING) is memory.links[0]
    assert memory.engine(Role.WORKING, Role.COMPUTE) is None
    assert chip.compute_bytes == (256 - 2) << 10
    assert BUILT_IN.target(str(tmp_path)) == BUILT_IN.target(str(tmp_path / "target.toml")) == chip


MISTAKES = {
    "name is 'a\\n*/ int x;'; a name has letters, digits": ('"chip"', '"a\\n*/ int x;"'),
    "name is '../x'; a name has letters, digits": ('"chip"', '"../x"'),
    "assumptions has 1; it needs to be a list of texts": ("cores = 2", "cores = 2\nassumptions = [1]"),
    "[memory.ram] banks is 1099511627776; a memory has up to 65536": (
        "size = 0x4_0000",
        "size = 0x4_0000\nbanks = 1099511627776",
    ),
    "[memory.flash] latency_cycles is 4294967296; cycles are 0 to": ("_cycles = 3", "_cycles = 4294967296"),
    "[links.psram_ram] latency_cycles is 4294967296; cycles are 0 to": (
        "_cycles = 50",
        "_cycles = 4294967296",
    ),
    "[links.psram_ram] a link moves 0.1 bytes per cycle or more and queues": (
        "per_cycle = 0.5",
        "per_cycle = nan",
    ),
    "[host_io] base is 0x10000000000; registers lie": ("base = 0x1A10_0000", "base = 0x100_0000_0000"),
    "[host_io] base is 0x1a100001; registers lie": ("base = 0x1A10_0000", "base = 0x1A10_0001"),
    "[event_unit] wake_cycles is -4; cycles are 0 to": (
        "[host_io]",
        "[event_unit]\nbase = 0x1A20_0000\nwake_cycles = -4\n[host_io]",
    ),
    "is not TOML: Exceeds the limit": ("cores = 2", "cores = " + "9" * 5000),
    "unknown key 'colour'; known: name, description": ("cores = 2", 'cores = 2\ncolour = "red"'),
    "the key 'clock_hz' is missing": ("clock_hz = 1_000_000", ""),
    "cores is 'two'; it needs to be a whole number": ("cores = 2", 'cores = "two"'),
    "cores is 33; a chip has 1 to 32": ("cores = 2", "cores = 33"),
    "cores is 0; a chip has 1 to 32": ("cores = 2", "cores = 0"),
    "stack_bytes is 1000; it needs to be a multiple of 16": ("stack_bytes = 1024", "stack_bytes = 1000"),
    "the stacks take 524,288 bytes, [memory.ram] has 262,144": ("stack_bytes = 1024", "stack_bytes = 262144"),
    "[memory.ram] unknown key 'speed'; known: roles, base": ("size = 0x4_0000", "size = 0x4_0000\nspeed = 1"),
    "[memory.ram] the key 'size' is missing": ("size = 0x4_0000", ""),
    "[memory.ram] unknown role 'fast'; known: compute, working, bulk, flash": ('"compute", "w', '"fast", "w'),
    "no memory has the role compute": ('"compute", "working"', '"working"'),
    "the role working is given to 'ram' and 'psram'": ('["bulk"]', '["working"]'),
    "[memory.psram] a memory with the role bulk can have no other role": (
        'roles = ["compute", "working"]\nbase = 0x2000_0000\nsize = 0x4_0000\n\n[memory.psram]\nroles = ["bulk"]',
        'roles = ["compute"]\nbase = 0x2000_0000\nsize = 0x4_0000\n\n[memory.psram]\nroles = ["bulk", "working"]',
    ),
    "banks is 3; it needs to be a power of two": ("size = 0x4_0000", "size = 0x4_0000\nbanks = 3"),
    "do not lie in 32-bit addresses": ("size = 0x80_0000", "size = 0x8000_0000"),
    "latency_cycles is 0; an access takes 1": ("latency_cycles = 3", "latency_cycles = 0"),
    "[memory.flash] at 0x8000000 to 0x80fffff overlaps [memory.ram]": ("0x2000_0000", "0x080F_FFF0"),
    "[memory.flash] at 0x8000000 to 0x80fffff overlaps [host_io]": ("0x1A10_0000", "0x0800_1000"),
    "[links.psram_ram] there is no memory 'sram'; there are: flash, ram, psram": (
        'far = "ram"',
        'far = "sram"',
    ),
    "near and far are both 'psram'": ('far = "ram"', 'far = "psram"'),
    "no link joins it to 'ram'": ('far = "ram"', 'far = "flash"'),
    "no memory is executable": ("executable = true", ""),
    "[memory.flash] cores cannot reach it": ("executable = true", "executable = true\ncore_access = false"),
    "is not TOML": ("[host_io]", "[host_io"),
}


@pytest.mark.parametrize("sentence", MISTAKES)
def test_every_mistake_is_one_sentence(sentence: str, tmp_path: Path) -> None:
    old, new = MISTAKES[sentence]
    assert old in GOOD
    with pytest.raises(NmcuError, match=re.escape(sentence)) as raised:
        _load(tmp_path, GOOD.replace(old, new, 1))
    assert str(tmp_path / "target.toml") in str(raised.value)
    assert "\n" not in str(raised.value) or sentence == "is not TOML"


def test_a_folder_without_a_description_is_no_target(tmp_path: Path) -> None:
    with pytest.raises(NmcuError, match=r"cannot read .*target\.toml"):
        BUILT_IN.target(str(tmp_path))


def test_a_link_needs_a_port(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text(GOOD)
    with pytest.raises(
        NmcuError, match=r"links\.psram_ram\] is an engine that nothing drives; it needs a nmcu_port"
    ):
        Target.load(tmp_path)
