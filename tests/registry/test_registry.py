"""The registry: what it finds, and what it refuses."""

import dataclasses
from pathlib import Path

import pytest

from isas import BUILT_IN, XCV
from nmcu import kernels, targets
from nmcu.errors import NmcuError
from nmcu.graph import ops
from nmcu.registry import Registry


def test_what_ships_is_found() -> None:
    assert {"cluster8", "cv32e40p", "rp2350", "ibex"} <= set(BUILT_IN.targets)
    assert {"gmac", "xcv", "xdec"} <= set(BUILT_IN.extensions)
    assert set(BUILT_IN.kernels) == {kernel.name for kernel in kernels.built_in()}
    assert BUILT_IN.operators["Conv2d"].op is ops.Conv2d
    assert BUILT_IN.target("cluster8") is targets.get("cluster8")
    assert BUILT_IN.isa(XCV) is XCV


def test_every_operator_that_runs_on_the_device_has_a_kernel() -> None:
    run = {op for kernel in BUILT_IN.kernels.values() for op in kernel.operators}
    assert {o.op for o in BUILT_IN.operators.values()} - run == {ops.Encode, ops.Decode, ops.ReadState}


def test_adding_leaves_the_registry_as_it_was() -> None:
    mine = dataclasses.replace(targets.get("cluster8"), name="mine")
    more = BUILT_IN.with_(targets=[mine], origin="my_chips")
    assert more.target("mine") is mine
    assert "mine" not in BUILT_IN.targets
    assert more.origins["target", "mine"] == "my_chips"


def test_a_clash_names_both() -> None:
    mine = dataclasses.replace(targets.get("cluster8"), name="mine")
    more = BUILT_IN.with_(targets=[mine], origin="my_chips")
    with pytest.raises(NmcuError, match="target 'mine' comes from my_chips and from their_chips"):
        more.with_(targets=[mine], origin="their_chips")
    with pytest.raises(NmcuError, match="kernel 'dense_4x4' comes from nmcu and from this program"):
        BUILT_IN.with_(kernels=[BUILT_IN.kernels["dense_4x4"]])


def test_unknown_names(tmp_path: Path) -> None:
    with pytest.raises(
        NmcuError,
        match=r"unknown target 'none'; known targets: cluster8, .*, rp2350, or the path",
    ):
        BUILT_IN.target("none")
    with pytest.raises(NmcuError, match="unknown instruction set 'rv64'; known: rv32, gmac, xcv, xdec"):
        BUILT_IN.isa("rv64")


@pytest.mark.parametrize("name", ["x" * 5000, "x\0y"])
def test_a_name_that_no_file_can_have_is_unknown(name: str) -> None:
    with pytest.raises(NmcuError, match=r"^unknown target"):
        BUILT_IN.target(name)
    with pytest.raises(NmcuError, match=r"^unknown instruction set"):
        BUILT_IN.isa(name)


def test_the_registry_is_made_once() -> None:
    assert Registry.installed() is Registry.installed()


EXTENSIONS = Path(__file__).parents[1] / "sim" / "extensions"


def test_an_extension_may_be_named_by_its_folder() -> None:
    found = BUILT_IN.isa(f"xdec+{EXTENSIONS / 'xmix'}")
    assert found.name == "xdec+xmix"
    assert found.includes({"xcv", "xdec", "xmix"})
    assert "xmix" not in BUILT_IN.extensions


def test_a_folder_whose_name_is_taken_is_refused(tmp_path: Path) -> None:
    text = (BUILT_IN.extensions["xdec"].folder / "extension.toml").read_text()
    for line in ("[simulator]", "[rtl]"):
        text = text.split(line)[0]
    (tmp_path / "extension.toml").write_text(text.replace('include = "include"\n', ""))
    with pytest.raises(NmcuError, match="is called 'xdec', as one from nmcu: rename it"):
        BUILT_IN.isa(str(tmp_path))
