"""The package of docs/tutorial-kernel.md works as the page says."""

import re
from importlib import import_module
from pathlib import Path

import pytest

import nmcu
from nmcu.registry import Registry

PAGE = Path(__file__).parents[2] / "docs" / "tutorial-kernel.md"
PACKAGE = "fast_maximum"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page's files where its first block says that they lie, and the package importable."""
    text = PAGE.read_text(encoding="utf-8")
    shown = dict(re.findall(r"`([\w.]+)`:\n\n```\w+\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    for path in re.findall(r"^  ([\w./]+)", text, re.MULTILINE):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(shown.pop(file.name), encoding="utf-8")
    assert not shown
    monkeypatch.syspath_prepend(tmp_path / "src")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_package_of_the_tutorial_works(folder: Path) -> None:
    exec((folder / "model.py").read_text(encoding="utf-8"), {"__name__": "shown"})
    more = Registry.built_in().with_(kernels=import_module(PACKAGE).KERNELS, origin=PACKAGE)
    for registry, kernel in ((Registry.built_in(), "extremum"), (more, PACKAGE)):
        report = nmcu.run(folder / "maximum.onnx", registry=registry)
        (layer,) = report.layers
        assert report.bit_exact and layer.kernel == kernel
        assert f"`{kernel}`, {report.cycles:,} cycles" in PAGE.read_text(encoding="utf-8")
    exec((folder / "test_maximum.py").read_text(encoding="utf-8"), {"__name__": "shown"})
