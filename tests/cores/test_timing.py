"""What instructions cost other cores than a CV32E40P, where a source says it."""

from pathlib import Path

import pytest

from nmcu import cores, sim, targets, toolchain
from nmcu.errors import NmcuError
from nmcu.registry import Registry

LOOP = """
#include "nmcu_hal.h"
static volatile uint32_t cell NMCU_L1;
static uint32_t turns = 1000;
int main(void)
{
    cell = 3;
    uint32_t n = turns, a = 3, b = 5;
    nmcu_region(1);
    __asm__ volatile(".option push; .option norvc; .balign 4\\n"
                     "1: %s addi %%0, %%0, -1; bnez %%0, 1b; .option pop"
                     : "+r"(n), "+r"(a), "+r"(b) : "r"(&cell));
    nmcu_region(2);
    return 0;
}
"""


def _cycles(folder: Path, target: str, body: str) -> float:
    """Cycles of `body`, in a loop of a thousand turns, without the loop's own three or fewer."""
    each = []
    for text in (body, ""):
        source = folder / "program.c"
        source.write_text((LOOP % text).replace("static uint32_t turns", "static const uint32_t turns"))
        machine = targets.get(target)
        image = toolchain.build([source], machine, Registry.built_in().isa("rv32"))
        result = sim.simulate(image.elf, machine)
        (region,) = (r for r in result.regions if r.region == 1 and r.core == 0)
        each.append(region.cycles / 1000)
    return each[0] - each[1]


@pytest.mark.parametrize(
    ("target", "body", "cycles"),
    [
        # Hazard3's documentation: a load that the next instruction needs 2, mulh 1, a division 18.
        ("rp2350", "lw %1, 0(%3); add %2, %1, %1;", 3),
        ("rp2350", "mulh %1, %1, %2;", 1),
        ("rp2350", "divu %1, %1, %2;", 18),
        ("rp2350", "lw %1, 0(%3); li %1, 1;", 2),
        # Measured on Ibex's RTL (tests/rtl/test_ibex.py runs whole kernels on both).
        ("ibex", "lw %1, 0(%3); add %2, %1, %1;", 3),
        ("ibex", "mulh %1, %1, %2;", 2),
        ("ibex", "divu %1, %1, %2;", 37),
        ("ibex_small", "mul %1, %1, %2;", 3),
        ("ibex_small", "lw %1, 0(%3); sw %1, 0(%3);", 4),
        ("cv32e40p", "mulh %1, %1, %2;", 5),
    ],
)
def test_cycles_of_instructions(tmp_path: Path, target: str, body: str, cycles: int) -> None:
    assert _cycles(tmp_path, target, body) == pytest.approx(cycles, abs=0.02)


def test_a_remembered_branch_is_free_and_a_new_one_is_not(tmp_path: Path) -> None:
    """Hazard3 remembers the last taken branch backwards; one forwards costs its extra cycle whenever it is taken, and
    does not make the core forget."""
    assert _cycles(tmp_path, "rp2350", "beqz zero, 2f; 2:") == pytest.approx(2, abs=0.02)
    assert _cycles(tmp_path, "rp2350", "bnez zero, 2f; 2:") == pytest.approx(1, abs=0.02)


def test_an_instruction_set_that_the_cores_lack_is_refused() -> None:
    registry, chip = Registry.built_in(), targets.get("rp2350")
    assert str(registry.isa_for(chip, None)) == "rv32"
    assert str(registry.isa_for(targets.get("cluster8"), None)) == "xcv"
    with pytest.raises(NmcuError, match=r"the cores of rp2350 \(hazard3\) have no xcv: use rv32"):
        registry.isa_for(chip, "xcv")


def test_every_core_says_where_its_cycles_are_from() -> None:
    for name in cores.names():
        core = cores.get(name)
        assert core.source and core.description and core.name == name
    with pytest.raises(NmcuError, match="unknown core 'pulp'; known cores: cv32e40p"):
        cores.get("pulp")
