"""Damaged ELF files and random code, with AddressSanitizer and UndefinedBehaviourSanitizer watching the simulator.

The platform is compiled without Python (harness.cpp). A longer run: `harness fuzz 3600 SEED FILE...`.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from isas import XCV
from nmcu import targets
from nmcu.isa import built_in
from nmcu.sim.build import headers
from nmcu.toolchain import build

HERE = Path(__file__).parent
SECONDS = 20
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_random_code_and_files_never_hurt_the_simulator(tmp_path: Path) -> None:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("needs g++ with sanitizers")
    harness = tmp_path / "harness"
    include = [f"-I{folder}" for folder in headers(built_in())[0]]
    source = str(HERE / "harness.cpp")
    subprocess.run(
        [compiler, "-std=c++20", "-O0", *SANITIZERS, *include, source, "-o", str(harness)], check=True
    )
    files = []
    for name in targets.names():
        image = build([HERE / "programs" / "mix.c"], targets.get(name), XCV, defines={"NMCU": "1"})
        files.append(tmp_path / f"{name}.elf")
        files[-1].write_bytes(image.elf)
    done = subprocess.run(
        [str(harness), "fuzz", str(SECONDS), "1", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "illegal_instruction" in done.stdout
