"""`nmcu sim`: standard output, exit codes, signature, trace, JSON."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from nmcu.cli import main
from sim.assembly import assemble

PROGRAM = """
.globl _start, begin_signature, end_signature, tohost
_start: call hello
  la t1, begin_signature
  li t2, 0xdeadbeef
  sw t2, 4(t1)
  la t1, tohost
  li t2, 7            # (3 << 1) | 1: exit code 3
  sw t2, 0(t1)
1: j 1b
.type hello, @function
hello: li t0, 0x1a100000
  li t1, 'h'
  sw t1, 4(t0)
  li t1, '\\n'
  sw t1, 4(t0)
  ret
.size hello, . - hello
.data
.balign 64
tohost: .dword 0
begin_signature: .word 1, 2, 0x30
end_signature:
"""


@dataclass(frozen=True)
class Done:
    stdout: bytes
    stderr: bytes
    returncode: int


Nmcu = Callable[..., Done]


@pytest.fixture
def nmcu(capfdbinary: pytest.CaptureFixture[bytes]) -> Nmcu:
    """`nmcu sim …` in this process."""

    def run(*arguments: str) -> Done:
        with pytest.raises(SystemExit) as ended:
            main(["sim", *arguments])
        out, err = capfdbinary.readouterr()
        code = ended.value.code
        return Done(out, err, code if isinstance(code, int) else 0)

    return run


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("sim") / "program.elf"
    path.write_bytes(assemble(PROGRAM, 0x80000000))
    return str(path)


def test_output_exit_code_and_signature(nmcu: Nmcu, program: str, tmp_path: Path) -> None:
    signature = tmp_path / "signature.txt"
    done = nmcu(program, "--target", "cv32e40p", "--signature", str(signature))
    assert (done.stdout, done.returncode) == (b"h\n", 3)
    assert b"exit code 3" in done.stderr
    assert signature.read_text() == "00000001\ndeadbeef\n00000030\n"


def test_json(nmcu: Nmcu, program: str) -> None:
    done = nmcu(program, "--target", "cv32e40p", "--json")
    result = json.loads(done.stdout)
    assert (result["exit_code"], result["stdout"], done.returncode) == (3, "h\n", 3)
    core = result["cores"][0]
    assert core["cycles"] == core["instructions"] + sum(core["stalls"].values())


def test_trace_of_one_function(nmcu: Nmcu, program: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace.txt"
    nmcu(program, "--target", "cv32e40p", "--trace", str(trace), "--trace-function", "hello")
    lines = trace.read_text().splitlines()
    assert len(lines) == 6
    assert "core 0" in lines[0] and "hello" in lines[0] and "lui t0, 106752  # t0 = 0x1a100000" in lines[0]
    assert "hello+" in lines[1]


def test_faults_and_usage(nmcu: Nmcu, program: str, tmp_path: Path) -> None:
    for arguments, code, words in [
        ((program, "--target", "cv32e40p", "--max-cycles", "5"), 1, b"the limit of 5 cycles was reached"),
        ((program,), 1, b"lies in l3, which cores cannot reach"),
        ((program, "--target", "nothing"), 2, b"unknown target"),
        ((program, "--target", "cv32e40p", "--trace", "/nowhere/at/all"), 1, b"/nowhere/at/all"),
        ((str(tmp_path / "missing.elf"),), 1, b"missing.elf"),
    ]:
        done = nmcu(*arguments)
        assert (done.returncode, done.stdout) == (code, b""), done.stderr
        assert words in done.stderr and b"Traceback" not in done.stderr
