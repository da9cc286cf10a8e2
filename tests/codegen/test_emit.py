"""Generated C: golden text, and names from strangers that must not become code."""

import re
from pathlib import Path

import pytest

import golden
import nmcu
from isas import BUILT_IN, XCV
from networks import conv_linear, most_likely
from nmcu import host, plan, targets
from nmcu.codegen import emit
from nmcu.codegen.names import MAX_LENGTH, Identifiers, comment

HERE = Path(__file__).parent
HOSTILE = [
    'x"; system("true"); //',
    "a\nint main(void) { return 1; }\n",
    "*/ int evil = 1; /*",
    "??/\n??*/",
    "%s%n%d",
    "../../etc/passwd",
    "back\\slash\\",
    "#include <stdlib.h>",
    "naïve ☃ \u202e",
    "",
    "while",
    "1st",
    "nmcu_hal",
    "\x00\x1b[31m",
    "a" * 100_000,
]


def test_golden_c() -> None:
    program = emit(
        plan.make(conv_linear(zeros_every=8), targets.get("cluster8"), XCV, BUILT_IN), "conv_linear"
    )
    for name in ("network.c", "network.h", "weights.S"):
        text = re.sub(r"\d+ cycles predicted", "N cycles predicted", str(program.files[name]))
        golden.check(text, HERE / name)


def test_the_same_network_gives_the_same_files() -> None:
    made = [emit(plan.make(conv_linear(), targets.get("cluster8"), XCV, BUILT_IN)).files for _ in range(2)]
    assert made[0] == made[1]


def test_identifiers_are_unique_short_and_plain() -> None:
    names = Identifiers()
    words = [names.take("t_", name) for name in [*HOSTILE, "Conv 1", "conv_1", "conv.1"]]
    assert len(set(words)) == len(words)
    assert all(re.fullmatch(r"t_[a-z0-9_]*", word) and len(word) < MAX_LENGTH + 8 for word in words)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: repr(name[:12]))
def test_comments_hold_nothing_that_ends_or_continues_them(name: str) -> None:
    shown = comment(name)
    assert re.fullmatch(r"[ -~]*", shown)
    assert len(shown) <= 80
    assert not any(part in shown for part in ("*/", "/*", "\\", '"', "??"))


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: repr(name[:12]))
def test_networks_with_hostile_names_compile(name: str) -> None:
    program = emit(
        plan.make(conv_linear(names=(name, name + "'")), targets.get("cluster8"), XCV, BUILT_IN), name
    )
    assert "system(" not in re.sub(r"/\*.*?\*/", "", str(program.files["network.c"]), flags=re.DOTALL)


CLASHES = [
    ("div", "abs"),
    ("/abs", "select"),
    ("network_run", "ring"),
    ("t_features", "input_image_q"),
    ("a", "a_weights"),
]
"""Names that the C library, the generated code or another name of the network could have taken."""


@pytest.mark.parametrize("names", CLASHES, ids=repr)
def test_names_of_a_network_do_not_clash(names: tuple[str, str]) -> None:
    network = conv_linear(names=names)
    assert nmcu.run(network).bit_exact
    assert host.build(emit(plan.make(network, targets.get("cluster8"), host.ISA, BUILT_IN)))


@pytest.mark.parametrize("names", [(HOSTILE[0], HOSTILE[1]), (HOSTILE[2], HOSTILE[3]), ("", "\\")], ids=repr)
def test_networks_with_hostile_names_run(names: tuple[str, str]) -> None:
    assert nmcu.run(conv_linear(names=names)).bit_exact


def test_int32_outputs_are_declared_as_such() -> None:
    network = most_likely()
    compiled = nmcu.compile(network)
    (output,) = compiled.program.outputs
    assert output.dtype == "int32"
    elements = output.bytes // 4
    assert f"extern int32_t {output.symbol}[{elements}];" in str(compiled.program.files["network.h"])
    assert f"int32_t {output.symbol}[{elements}] NMCU_L2;" in str(compiled.program.files["network.c"])
    shape = " x ".join(map(str, output.shape))
    assert f"| output | `{output.symbol}` | int32 {shape} |" in compiled.files()["README.md"].decode()
    report = nmcu.run(compiled)
    assert report.bit_exact and report.outputs["class"].max() > 127
    assert host.build(emit(plan.make(network, targets.get("cluster8"), host.ISA, BUILT_IN)))
