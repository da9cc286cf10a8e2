"""Generated C: golden text, and names from strangers that must not become code."""

import dataclasses
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
from nmcu.graph import Builder, TensorInfo, ops

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
    for name in ("conv_linear.c", "conv_linear.h", "conv_linear_weights.S"):
        text = re.sub(r"\d+ cycles predicted", "N cycles predicted", str(program.files[name]))
        text = re.sub(r"MADE_FOR 0x[0-9a-f]+u", "MADE_FOR N", text)
        golden.check(text, HERE / name)


def test_the_same_network_gives_the_same_files() -> None:
    made = [emit(plan.make(conv_linear(), targets.get("cluster8"), XCV, BUILT_IN)).files for _ in range(2)]
    assert made[0] == made[1]


def test_files_come_in_an_order_that_does_not_depend_on_where_packages_lie() -> None:
    made = plan.make(conv_linear(), targets.get("cluster8"), XCV, BUILT_IN)

    def order(place: Path) -> list[str]:
        class Strangers(type(made.layers[0].kernel)):  # type: ignore[misc]
            name = "zz_strangers"

            def files(self) -> tuple[Path, ...]:
                return (place / "strangers.c",)

        first = dataclasses.replace(made.layers[0], kernel=Strangers())
        moved = dataclasses.replace(made, layers=(first, *made.layers[1:]))
        return [path.name for path in emit(moved).library]

    assert order(Path("/a")) == order(Path("/zz"))
    assert "strangers.c" in order(Path("/a"))


def test_identifiers_are_unique_short_and_plain() -> None:
    names = Identifiers()
    words = [names.take("t_", name) for name in [*HOSTILE, "Conv 1", "conv_1", "conv.1"]]
    assert len(set(words)) == len(words)
    assert all(re.fullmatch(r"t_[a-z0-9_]*", word) and len(word) < MAX_LENGTH + 8 for word in words)


def test_names_that_follow_from_others_are_nobodys_else() -> None:
    """The header has X_SIZE of a tensor X, and the number of a tensor called x_size."""
    names = Identifiers()
    words = ["x", "x_size", "x_scale_2", "x_scale", "box_scale", "box", "box_2"]
    found = [names.take("in_", word, ends=("_size", "_scale")) for word in words]
    every = [word + end for word in found for end in ("", "_size", "_scale")]
    assert len(set(every)) == len(every)
    assert found[0] == "in_x" and found[4] == "in_box_scale"


def test_inputs_and_outputs_are_called_as_in_the_model() -> None:
    """Not as the tensors are that the device has of them: 'x quantised', 'y.device'."""
    x = TensorInfo("x quantised", (1, 8, 8, 4), "int8", 0.5, 3)
    builder = Builder(ports=("x", "y"))
    image = builder.input(TensorInfo("x", x.shape), x, (0, 1, 2, 3))
    pool = ops.MaxPool(kernel=(2, 2), strides=(2, 2), pads=(0, 0, 0, 0))
    (y,) = builder.add("pool", pool, [image], [TensorInfo("y", (), "int8", 0.5, 3)])
    builder.output(y, TensorInfo("y", y.shape), (0, 1, 2, 3), y.shape)
    assert (image.name, y.name) == ("x quantised", "y.device")
    program = emit(plan.make(builder.finish(), targets.get("cluster8"), XCV, BUILT_IN), "net")
    header = str(program.files["net.h"])
    assert '/* input 0, "x": int8_t' in header
    assert '/* output 0, "y": int8_t' in header
    assert {"#define NET_INPUT_X 0", "#define NET_OUTPUT_Y_SIZE 64"} <= set(header.splitlines())


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
    (source,) = (
        str(text) for file, text in program.files.items() if file.endswith(".c") and file != "main.c"
    )
    assert "system(" not in re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", source, flags=re.DOTALL)


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
    header = str(compiled.program.files[f"{compiled.program.network.name}.h"])
    assert f'"class": int32_t, {"x".join(map(str, output.shape))} */' in header
    assert f"int32_t {output.symbol}[{elements}] NMCU_L2;" in str(compiled.program.files["main.c"])
    shape = " x ".join(map(str, output.shape))
    assert f"| output | `{output.symbol}` | int32 {shape} |" in compiled.files()["README.md"].decode()
    report = nmcu.run(compiled)
    assert report.bit_exact and report.outputs["class"].max() > 127
    assert host.build(emit(plan.make(network, targets.get("cluster8"), host.ISA, BUILT_IN)))
