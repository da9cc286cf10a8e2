"""What `extension.toml` says, and that a mistake in it names the file."""

from pathlib import Path

import pytest

from isas import named
from nmcu.errors import NmcuError
from nmcu.isa import Extension


def _load(folder: Path, text: str) -> Extension:
    (folder / "extension.toml").write_text(f'name = "mine"\ntitle = "mine"\n{text}')
    return Extension.load(folder)


def test_headers_of_an_extension_are_found() -> None:
    assert [path.name for folder in named("xdec").include_dirs for path in folder.iterdir()] == [
        "nmcu_xdec.h"
    ]
    assert named("xcv").include_dirs == ()


def test_a_missing_folder_of_headers_is_named(tmp_path: Path) -> None:
    with pytest.raises(NmcuError, match=r"extension\.toml: there is no folder include beside it"):
        _load(tmp_path, 'include = "include"\n')
    (tmp_path / "include").mkdir()
    assert _load(tmp_path, 'include = "include"\n').include == tmp_path / "include"


@pytest.mark.parametrize("name", ["x" * 5000, "x\\u0000y"])
def test_a_name_that_no_file_can_have_is_a_missing_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(NmcuError, match=r"extension\.toml: there is no file x"):
        _load(tmp_path, f'[simulator]\ninstructions = ["{name}"]\n')


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 5000])
def test_absurd_toml_names_the_file(value: str, tmp_path: Path) -> None:
    with pytest.raises(NmcuError, match=r"extension\.toml is not valid TOML"):
        _load(tmp_path, f"march = {value}\n")
