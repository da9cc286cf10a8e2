"""The platform around Verilated cores: the same program and the same result as on the instruction-set simulator."""

from pathlib import Path

import pytest

from isas import XDEC
from nmcu import rtl, sim, targets, toolchain
from nmcu.errors import SimulationFault

PROGRAM = """
#include "nmcu_hal.h"

static uint32_t table[64] __attribute__((section(".l2.bss.table")));
uint32_t result[8] NMCU_L1;

int main(void) {
  uint32_t id = nmcu_core_id(), sum = id;
  if (id == 0)
    for (uint32_t i = 0; i < 64; i++) table[i] = i * 2654435761u;
  nmcu_barrier();
  nmcu_region(1);
  for (uint32_t i = 0; i < 63; i++) {
    sum += table[i] / (i + id + 1);
    sum ^= *(volatile uint32_t *)((char *)table + i);
  }
  result[id] = sum;
  nmcu_region(2);
  nmcu_barrier();
  if (id == 0) nmcu_putchar('!');
  return 0;
}
"""


def _image(folder: Path, text: str, target: str) -> toolchain.Image:
    source = folder / "program.c"
    source.write_text(text)
    return toolchain.build([source], targets.get(target), XDEC)


@pytest.mark.parametrize("name", ["cv32e40p", "cluster8"])
def test_equals_the_instruction_set_simulator(tmp_path: Path, name: str) -> None:
    target = targets.get(name)
    image = _image(tmp_path, PROGRAM, name)
    reads = [(image.symbols["result"], 4 * target.cores)]
    iss, real = (run(image.elf, target, isa="xdec", reads=reads) for run in (sim.simulate, rtl.simulate))
    assert real.exit_code == iss.exit_code == 0
    assert real.memory == iss.memory
    assert real.stdout == iss.stdout == b"!"
    assert real.instructions == iss.instructions
    assert real.histogram == iss.histogram
    assert real.cycles == pytest.approx(iss.cycles, rel=0.005)
    assert [core.stack_bytes for core in real.cores] == [core.stack_bytes for core in iss.cores]
    for core in real.cores:
        assert core.instructions + sum(core.stalls.values()) == core.cycles
    for ours, theirs in zip(real.regions, iss.regions, strict=True):
        assert (ours.region, ours.core, ours.instructions) == (
            theirs.region,
            theirs.core,
            theirs.instructions,
        )
        assert ours.cycles == pytest.approx(theirs.cycles, rel=0.01, abs=4)
        assert ours.instructions + sum(ours.stalls.values()) == ours.cycles


def test_faults(tmp_path: Path) -> None:
    """What is wrong with the program or the call is one clear sentence."""
    target = targets.get("cv32e40p")

    def fault(text: str, **arguments: int) -> str:
        with pytest.raises(SimulationFault) as caught:
            rtl.simulate(_image(tmp_path, text, target.name).elf, target, isa="xdec", **arguments)
        return str(caught.value)

    assert "cycle limit" in fault("int main(void) { for (;;) ; }", max_cycles=5000)
    assert "unmapped address" in fault("int main(void) { return *(volatile int *)0x40000000; }")
    assert "without a trap handler" in fault('int main(void) { __asm__ volatile(".word -1"); return 0; }')
    with pytest.raises(SimulationFault, match="not an ELF file"):
        rtl.simulate(b"nonsense", target, isa="xdec")
    with pytest.raises(SimulationFault, match="no memory holds 8 bytes"):
        rtl.simulate(
            _image(tmp_path, PROGRAM, target.name).elf, target, isa="xdec", writes={0x4000_0000: bytes(8)}
        )


def test_a_deadlock_is_found(tmp_path: Path) -> None:
    """Waiting cores are not evaluated, and the platform sees that nobody is left."""
    text = """
    #include "nmcu_hal.h"
    int main(void) { if (nmcu_core_id() != 3) nmcu_barrier(); for (;;) __asm__ volatile("wfi"); }
    """
    target = targets.get("cluster8")
    with pytest.raises(SimulationFault, match="deadlock"):
        rtl.simulate(_image(tmp_path, text, target.name).elf, target, isa="xdec")
