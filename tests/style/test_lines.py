"""No line is longer than a person reads at once; ruff checks Python, and tables of instructions (.def) are exempt."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_COLUMNS = 120
SOURCES = ("*.c", "*.h", "*.cpp", "*.hpp", "*.S", "*.inc", "*.sv", "*.toml", "*.ld")


@pytest.mark.parametrize("pattern", SOURCES)
def test_lines_are_of_a_readable_length(pattern: str) -> None:
    long = [
        f"{file.relative_to(ROOT)}:{number}: {len(line)} columns"
        for folder in ("src", "tests")
        for file in sorted((ROOT / folder).rglob(pattern))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > MOST_COLUMNS
    ]
    assert not long, "\n".join(long)
