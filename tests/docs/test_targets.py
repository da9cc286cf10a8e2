"""docs/targets.md walks through adding a chip: here it is walked."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "targets.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


def test_the_chip_of_the_text_runs(tmp_path: Path) -> None:
    (description,), (commands,) = _blocks("toml"), _blocks("sh")
    (tmp_path / "mychip").mkdir()
    (tmp_path / "mychip" / "target.toml").write_text(description, encoding="utf-8")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for line in commands.splitlines():
        program, *arguments = shlex.split(line)
        assert program == "nmcu"
        command = [sys.executable, "-m", "nmcu", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        if arguments[0] == "run":
            assert "mychip" in done.stdout
            assert "bit-exact" in done.stdout
    assert (tmp_path / "project" / "nmcu" / "targets" / "mychip" / "link.ld").is_file()
