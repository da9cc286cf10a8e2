"""The rooms in docs/architecture.md are those of the import contract, in its order."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_rooms_are_those_of_the_import_contract() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (contract,) = project["tool"]["importlinter"]["contracts"]
    text = (ROOT / "docs" / "architecture.md").read_text()
    table = text.split("## Rooms")[1].split("## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == contract["layers"]


def test_every_package_is_a_room() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (contract,) = project["tool"]["importlinter"]["contracts"]
    packages = {path.parent.name for path in (ROOT / "src" / "nmcu").glob("*/__init__.py")}
    assert packages <= set(contract["layers"])
