"""A package of its own (tests/plugin) adds a target, an operator and a kernel, and they work."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

import nmcu
from nmcu.errors import NmcuError
from nmcu.graph import TensorInfo
from nmcu.registry import Registry
from nmcu.testing import check_kernel, one_layer

PLUGIN = Path(__file__).parents[1] / "plugin"


def metadata(folder: Path, package: str, groups: dict[str, dict[str, str]]) -> None:
    """What an installer writes of a package: its name and its entry points."""
    info = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = []
    for group, points in groups.items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which packages count as installed."""
    monkeypatch.syspath_prepend(str(tmp_path))
    Registry.installed.cache_clear()
    yield tmp_path
    Registry.installed.cache_clear()
    for name in [n for n in sys.modules if n.split(".")[0] in ("nmcu_roll", "broken_plugin")]:
        del sys.modules[name]


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The plug-in is installed."""
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text())["project"]
    metadata(site, project["name"], project["entry-points"])
    monkeypatch.syspath_prepend(str(PLUGIN))
    return site


def model(path: Path, tokens: int = 5, channels: int = 12) -> Path:
    """Quantise, roll, relu, quantise."""
    shape = (tokens, channels)
    nodes = []
    for name in ("x", "y"):
        nodes += [
            helper.make_node("QuantizeLinear", [name, "scale", "zero"], [f"{name}_q"]),
            helper.make_node("DequantizeLinear", [f"{name}_q", "scale", "zero"], [f"{name}_d"]),
        ]
    roll = helper.make_node("Roll", ["x_d"], ["y"], name="roll", domain="com.example", by=3)
    graph = helper.make_graph(
        [*nodes[:2], roll, *nodes[2:]],
        "rolling",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y_d", onnx.TensorProto.FLOAT, shape)],
        [
            helper.make_tensor("scale", onnx.TensorProto.FLOAT, (), [0.5]),
            helper.make_tensor("zero", onnx.TensorProto.INT8, (), [3]),
        ],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.example", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


@pytest.mark.usefixtures("installed")
def test_everything_is_found_and_says_where_it_comes_from() -> None:
    registry = Registry.installed()
    assert registry.target("pocket").cores == 1
    assert registry.origins["kernel", "roll"] == "nmcu-roll"
    assert registry.origins["operator", "Roll"] == "nmcu-roll"
    assert registry.origins["target", "pocket"] == "nmcu-roll"


@pytest.mark.parametrize("target", ["pocket", "cluster8"])
@pytest.mark.usefixtures("installed")
def test_a_network_runs_bit_exact(target: str, tmp_path: Path) -> None:
    report = nmcu.run(model(tmp_path / "m.onnx"), target=target, isa="rv32")
    assert [(layer.op, layer.kernel) for layer in report.layers] == [("roll", "roll")]
    assert report.bit_exact
    (x,), (y,) = report.inputs.values(), report.outputs.values()
    np.testing.assert_allclose(y, np.roll(x, 3, axis=-1))


@pytest.mark.parametrize("target", ["pocket", "cluster8"])
@pytest.mark.usefixtures("installed")
def test_the_kernel_passes_the_check(target: str) -> None:
    from nmcu_roll.kernel import RollKernel
    from nmcu_roll.operator import Roll

    x = TensorInfo("x", (7, 30), scale=0.5, zero_point=1)
    layer = one_layer(Roll(by=4), {}, [x], [TensorInfo("y", (), scale=0.5, zero_point=1)])
    assert 0 < check_kernel(RollKernel(), layer, target=target, isa="rv32") < 20_000


@pytest.mark.usefixtures("installed")
def test_the_c_project_has_the_kernels_files(tmp_path: Path) -> None:
    files = nmcu.compile(model(tmp_path / "m.onnx"), "pocket", isa="rv32").files()
    assert {"nmcu/kernels/roll/roll.c", "nmcu/kernels/roll/roll.h"} <= set(files)
    for name, content in files.items():
        path = tmp_path / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    done = subprocess.run(
        ["make", "-C", tmp_path / "out", f"PYTHON={sys.executable}"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


def test_the_commands_know_it(installed: Path, tmp_path: Path) -> None:
    paths = (installed, PLUGIN, *os.environ.get("PYTHONPATH", "").split(os.pathsep))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    file = model(tmp_path / "m.onnx")
    command = [sys.executable, "-m", "nmcu", "run", file, "--target", "pocket", "--isa", "rv32", "--json"]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert [layer["kernel"] for layer in json.loads(done.stdout)["layers"]] == ["roll"]


def test_a_clash_names_both_packages(installed: Path) -> None:
    metadata(installed, "other-roll", {"nmcu.kernels": {"mine": "nmcu_roll.kernel:KERNELS"}})
    with pytest.raises(
        NmcuError, match=r"kernel 'roll' comes from nmcu-roll and from other-roll: uninstall one"
    ):
        Registry.installed()


@pytest.mark.parametrize(
    ("group", "code", "reason"),
    [
        ("nmcu.kernels", "import nothing_of_this_name", "ModuleNotFoundError: No module named"),
        ("nmcu.kernels", "VALUE = 3", "TypeError: it is 3; an instance of a subclass of Kernel is needed"),
        (
            "nmcu.targets",
            "VALUE = 'chip'",
            "TypeError: it is 'chip'; the Path of a folder or a Target is needed",
        ),
        ("nmcu.isa", "from pathlib import Path; VALUE = Path('/none')", "cannot read the extension"),
        ("nmcu.operators", "VALUE = int", "an Operator is needed"),
        ("nmcu.operators", "VALUE = (", "SyntaxError"),
        ("nmcu.kernels", "class Mine(BaseException): pass\nraise Mine('of its own')", "Mine: of its own"),
        ("nmcu.kernels", "raise SystemExit('no licence')", "SystemExit: no licence"),
        ("nmcu.isa", "raise EOFError('incomplete')", "EOFError: incomplete"),
    ],
)
def test_a_broken_package_is_one_sentence(site: Path, group: str, code: str, reason: str) -> None:
    (site / "broken_plugin.py").write_text(code)
    metadata(site, "broken-plugin", {group: {"mine": "broken_plugin:VALUE"}})
    with pytest.raises(NmcuError) as raised:
        Registry.installed()
    text = str(raised.value)
    assert text.startswith(f"the entry point 'mine' ({group}) of the package broken-plugin cannot be used: ")
    assert reason in text
