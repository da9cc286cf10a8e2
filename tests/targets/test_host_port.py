"""The HAL on this machine: the same C runs as an ordinary program."""

import subprocess
import sys
from pathlib import Path

import pytest

from nmcu.targets.target import TARGETS_DIR

PROGRAM = """
#include "nmcu_hal.h"
static int8_t fast[64] NMCU_L1;
static int8_t slow[64] NMCU_L2;
const int8_t weights[6] NMCU_WEIGHTS = {1, 2, 3, 4, 5, 6};
int main(void)
{
    nmcu_region(1);
    nmcu_dma_wait(nmcu_dma_start_2d(fast, weights, 2, 3, 4, 2));
    nmcu_l3_wait(nmcu_l3_start_1d(slow, fast, 12));
    nmcu_barrier();
    for (uint32_t i = 0; i < 12; i++)
        nmcu_putchar((char)('0' + slow[i]));
    int8_t *free_memory = nmcu_l1_base();
    free_memory[nmcu_l1_size() - 1] = 3;
    nmcu_exit((int)nmcu_core_id() + (int)nmcu_core_count() + (int)nmcu_cycles() + free_memory[nmcu_l1_size() - 1]);
}
"""


def test_program_runs_on_this_machine(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("the host port is for POSIX systems")
    (tmp_path / "main.c").write_text(PROGRAM)
    folders = [f"-I{TARGETS_DIR / name}" for name in ("host", "common")]
    warnings = ["-std=c11", "-Wall", "-Wextra", "-Werror"]
    command = ["cc", *warnings, *folders, "main.c", "-o", "program"]
    subprocess.run(command, cwd=tmp_path, check=True)
    result = subprocess.run([tmp_path / "program"], capture_output=True, text=True, check=False)
    assert (result.stdout, result.returncode) == ("120034005600", 4)
