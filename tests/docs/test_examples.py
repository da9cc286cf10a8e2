"""What the documents show works: Python blocks run, commands and options exist, links lead somewhere."""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

import nmcu
from nmcu.cli.app import application
from nmcu.cli.commands import COMMANDS
from nmcu.cli.listed import Command, Group, Listed

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(file: Path, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```$", file.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


@pytest.mark.parametrize("number", range(2))
def test_python_of_the_readme_runs(number: int, tmp_path: Path) -> None:
    code = blocks(ROOT / "README.md", "python")[number]
    if "torch" in code:
        pytest.importorskip("torch", reason="the training example needs the extra train")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert len(code.splitlines()) <= 40


def test_the_session_in_python_runs(tmp_path: Path) -> None:
    (code,) = blocks(ROOT / "docs" / "python.md", "python")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "bit-exact" in done.stdout
    made = {"sparse.onnx", "project", "library", "results", "examples"}
    assert {path.name for path in tmp_path.iterdir()} == made


def test_every_command_has_its_function() -> None:
    """The table of docs/python.md names them; the module of a command uses the function it is said to be."""
    rows = re.findall(
        r"^\| `(nmcu [^`]*)` \| `(nmcu[^`]*)` \|", (ROOT / "docs" / "python.md").read_text(), re.MULTILINE
    )
    functions, commands = dict(rows), dict(_listed(COMMANDS))
    assert list(functions) == list(commands)
    for name, command in commands.items():
        function = functions[name].rpartition(".")[2]
        module = import_module(command.function.partition(":")[0])
        assert function in Path(module.__file__ or "").read_text(), name

    reached = f"import nmcu; print(all(map(callable, ({', '.join(functions.values())}))))"
    done = subprocess.run([sys.executable, "-c", reached], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def _listed(commands: Iterable[Command | Group], start: str = "nmcu") -> Iterator[tuple[str, Command]]:
    for command in commands:
        name = f"{start} {command.name}"
        if isinstance(command, Group):
            yield from _listed(command.commands, name)
        else:
            yield name, command


def test_the_training_example_is_the_one_in_the_examples() -> None:
    example = (ROOT / "examples" / "train" / "minimal.py").read_text(encoding="utf-8")
    assert example in blocks(ROOT / "README.md", "python")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(2), ids=["onnxruntime", "pt2e"])
def test_networks_quantised_as_shown_run(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torchao", reason="needs the extra [train]: pip install nmcu[train]")
    monkeypatch.chdir(tmp_path)
    exec(blocks(ROOT / "docs" / "quantising.md", "python")[number], {"__name__": "shown"})
    assert nmcu.run(tmp_path / "int8.onnx").bit_exact


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_commands_exist(file: Path) -> None:
    lines = [line for block in blocks(file, "(?:sh|bash)?") for line in block.splitlines()]
    for line in lines:
        if line.startswith("nmcu "):
            _check(line.split("#")[0].split())


def _check(words: list[str]) -> None:
    command = application()
    words = words[1:]
    while words and hasattr(command, "commands"):
        assert words[0] in command.commands, f"there is no command {words[0]}"
        listed = command.commands[words.pop(0)]
        command = listed.load() if isinstance(listed, Listed) else listed
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    for word in words:
        assert not word.startswith("-") or word in known, f"{command.name} has no option {word}"


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_links_lead_somewhere(file: Path) -> None:
    text = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        linked = (file.parent / path) if path else file
        assert linked.exists(), f"{file.name} links to {target}"
        if anchor and linked.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{file.name} links to {target}"


def test_the_index_names_every_document() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    missing = [
        file.name
        for file in (ROOT / "docs").glob("*.md")
        if file.name != "README.md" and f"({file.name})" not in index
    ]
    assert missing == []
