"""Tables fit the width they are shown in."""

import io
from collections.abc import Sequence

import pytest
from rich.cells import cell_len
from rich.console import Console

from nmcu.report import Column, Grid, Heading, Kind, Rule, Total

NAMES = [f"/model/encoder/layer.{n}/attention/attention/query/MatMul" for n in range(12)]
COLUMNS = (
    Column("layer", Kind.NAME),
    Column("kernel", Kind.WORD, rank=1),
    Column("cycles"),
    Column("weights", rank=2),
    Column("why", Kind.TEXT, rank=3),
)


def _lines(grid: Grid, width: int) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, highlight=False, markup=False).print(grid)
    return out.getvalue().splitlines()


def _grid(names: Sequence[str] = NAMES) -> Grid:
    rows = [(name, f"kernel_{n}", f"{n:,}", f"{n} B", "a reason " * n) for n, name in enumerate(names)]
    return Grid(COLUMNS, (Heading("net"), *rows, Rule(), Total(("all", "", "66", "66 B", ""))))


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = _lines(_grid(), width)
    assert max(map(cell_len, lines)) <= width
    labels = {line.split()[0] for line in lines if "MatMul" in line}
    assert len(labels) == len(NAMES)


def test_columns_go_by_rank_and_the_table_says_which() -> None:
    lines = _lines(_grid(), 40)
    assert lines[0].split() == ["layer", "kernel", "cycles"]
    assert lines[-1] == "not shown in 40 columns: weights, why"


def test_a_file_has_everything() -> None:
    lines = _lines(_grid(), 10_000)
    assert lines[0].split() == ["layer", "kernel", "cycles", "weights", "why"]
    assert NAMES[11] in "\n".join(lines)


def test_a_column_of_one_value_goes_first() -> None:
    columns = (Column("layer", Kind.NAME), Column("pattern", Kind.WORD, rank=1), Column("x" * 20, rank=9))
    rows = [(name, "dense", str(n)) for n, name in enumerate(NAMES)]
    assert _lines(Grid(columns, rows), 44)[0].split() == ["layer", "x" * 20]


def test_control_characters_are_written_out() -> None:
    text = "\n".join(_lines(_grid(["[bold]x\x1b[31m\nnext", "b"]), 200))
    assert "\x1b" not in text and "[bold]x\\x1b[31m\\nnext" in text


def test_an_empty_table_is_its_headings() -> None:
    assert _lines(Grid(COLUMNS, ()), 80)[0].split() == ["layer", "kernel", "cycles", "weights", "why"]
