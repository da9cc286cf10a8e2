"""What `nmcu` offers by name, at run time and to type checkers."""

import ast
import inspect
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import nmcu

SOURCE = Path(nmcu.__file__).read_text(encoding="utf-8")


def _typed() -> set[str]:
    """The names that type checkers see: those that are imported for them alone."""
    block = next(node for node in ast.parse(SOURCE).body if isinstance(node, ast.If))
    return {
        alias.asname or alias.name
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_dir_is_complete_and_everything_in_it_is_there() -> None:
    script = (
        "import nmcu; print(*dir(nmcu)); [getattr(nmcu, name) for name in nmcu.__all__]; nmcu.sim.simulate"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    names = {name for name in done.stdout.split() if not name.startswith("_")}
    assert names == _typed() == {*nmcu.__all__, *nmcu._ROOMS}
    assert [room for room in nmcu._ROOMS if find_spec(f"nmcu.{room}") is None] == []


def test_help_goes_on_without_an_extra() -> None:
    script = "import sys; sys.modules['torch'] = None; import nmcu; help(nmcu); nmcu.train"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "run(model" in done.stdout
    assert done.stderr.endswith("AttributeError: nmcu.train needs PyTorch: pip install 'nmcu[train]'\n")


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(AttributeError, match="module 'nmcu' has no attribute 'prun'"):
        nmcu.prun  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("name", [name for name in nmcu.__all__ if name[0].islower()])
def test_functions_have_help_and_types(name: str) -> None:
    function = getattr(nmcu, name)
    text = inspect.getdoc(function) or ""
    assert callable(function) and "Raises" in text
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    described = [p for p in signature.parameters if p not in ("registry", "on_stage", "on_image", "on_input")]
    assert [p for p in described[1:] if f"`{p}`" not in text and f"{p}:" not in text] == []
