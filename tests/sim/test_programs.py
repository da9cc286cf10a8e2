"""C programs compiled with stock clang do on the simulator what they do on this machine, at every optimisation."""

import shutil
import subprocess
from pathlib import Path

import pytest

from isas import named
from nmcu import targets
from nmcu.sim import simulate
from nmcu.toolchain import build

MIX = Path(__file__).parent / "programs" / "mix.c"


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("needs a C compiler for this machine")
    program = tmp_path_factory.mktemp("host") / "mix"
    subprocess.run([compiler, "-O1", "-fwrapv", str(MIX), "-o", str(program)], check=True)
    return subprocess.run([str(program)], check=True, capture_output=True).stdout


@pytest.mark.parametrize("isa", ["rv32", "xcv"])
@pytest.mark.parametrize("opt", ["-O0", "-O2", "-O3", "-Os"])
def test_same_output_as_on_the_host(opt: str, isa: str, expected: bytes) -> None:
    image = build([MIX], targets.get("cv32e40p"), named(isa), defines={"NMCU": "1"}, opt=opt)
    result = simulate(image.elf, targets.get("cv32e40p"), isa=isa, max_cycles=10**8)
    assert result.stdout == expected
    assert result.exit_code == 0
    core = result.cores[0]
    assert core.cycles == result.cycles == core.instructions + sum(core.stalls.values())
