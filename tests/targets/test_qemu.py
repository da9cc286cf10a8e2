"""Networks run in QEMU, from a main that is not ours, and give the reference's results."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nmcu
from networks import conv_linear
from nmcu import graph, sim, toolchain

QEMU = "qemu-system-riscv32"
needs_qemu = pytest.mark.skipif(
    shutil.which(QEMU) is None, reason=f"{QEMU} is not installed (Debian: qemu-system-misc)"
)
MAIN = """
#include "%(name)s.h"
#include "nmcu_hal.h"

static const int8_t image[] __attribute__((aligned(4))) = {%(image)s};
static int8_t scores[%(outputs)d] __attribute__((aligned(4)));
static uint8_t arena[%(arena)d] __attribute__((aligned(16)));

int main(void)
{
    const %(name)s_input_t in[] = {{image, sizeof image}};
    const %(name)s_output_t out[] = {{scores, sizeof scores}};

    if (%(name)s_init(arena, sizeof arena) || %(name)s_run(arena, in, out)) return 99;
    for (unsigned i = 0; i < sizeof scores; i++) {
        nmcu_putchar("0123456789abcdef"[(uint8_t)scores[i] >> 4]);
        nmcu_putchar("0123456789abcdef"[scores[i] & 15]);
    }
    return %(code)d;
}
"""


def _run_in_qemu(elf: Path) -> subprocess.CompletedProcess[bytes]:
    machine = [
        QEMU,
        "-M",
        "virt",
        "-m",
        "32",
        "-bios",
        "none",
        "-nographic",
        "-monitor",
        "none",
        "-serial",
        "stdio",
    ]
    return subprocess.run([*machine, "-kernel", str(elf)], capture_output=True, timeout=60, check=False)


@needs_qemu
@pytest.mark.parametrize(("zeros_every", "code"), [(1, 0), (8, 3)])
def test_results_and_exit_code_are_the_programs(tmp_path: Path, zeros_every: int, code: int) -> None:
    """On QEMU and on the simulator from the same ELF file; dense and 1:8 kernels."""
    network = conv_linear(channels=32, zeros_every=zeros_every)
    compiled = nmcu.compile(network, "qemu-virt")
    feeds = network.border.encode(graph.random_inputs(network, 5))
    (image,) = feeds.values()
    (result,), called = compiled.program.outputs, compiled.program.network
    text = MAIN % {
        "name": called.name,
        "image": ", ".join(map(str, image.ravel())),
        "outputs": result.bytes,
        "arena": called.memories["arena"],
        "code": code,
    }
    files = {**compiled.program.files, "main.c": text}
    program = replace(compiled.program, files=files, inputs=(), outputs=())
    built = toolchain.build(program, compiled.plan.target, compiled.plan.isa)
    (expected,) = graph.reference.run(network, feeds).values()
    elf = tmp_path / "program.elf"
    elf.write_bytes(built.elf)
    ended = _run_in_qemu(elf)
    simulated = sim.simulate(built.elf, "qemu-virt")
    assert (ended.returncode, simulated.exit_code) == (code, code)
    for printed in (ended.stdout, simulated.stdout):
        assert np.array_equal(np.frombuffer(bytes.fromhex(printed.decode()), np.int8), expected.ravel())
