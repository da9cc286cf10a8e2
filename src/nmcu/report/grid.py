"""Tables that fit the width they are shown in: names are shortened, and columns left out, the least important first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions
from rich.text import Text

from nmcu.report.names import labels
from nmcu.text import printable

GAP = 2
LONGEST_NAME = 60
"""Names are shortened to this where the width has no end, as in a file; headings to `LONGEST_HEADING`."""
LONGEST_HEADING = 100


class Kind(Enum):
    """How a column deals with too little room."""

    NAME = auto()
    """Names of one kind, shortened in the middle so that they stay different."""
    WORD = auto()
    """Shown whole."""
    NUMBER = auto()
    """Shown whole, to the right."""
    TEXT = auto()
    """Sentences that run on in the next line."""


@dataclass(frozen=True)
class Column:
    """`rank` 0 is always there; of the others the highest goes first where the width is too small. `least` is the
    width down to which names and texts may shrink before a column goes."""

    heading: str
    kind: Kind = Kind.NUMBER
    rank: int = 0
    least: int = 20


@dataclass(frozen=True)
class Rule:
    """A line between rows."""


@dataclass(frozen=True)
class Heading:
    """A name over the rows that follow, as wide as the table."""

    text: str


@dataclass(frozen=True)
class Total:
    """A row that sums up the others; its first cell is no name."""

    cells: Sequence[str]


Row = Sequence[str] | Rule | Heading | Total


@dataclass(frozen=True)
class Grid:
    """A table for a terminal or a file, to print with rich."""

    columns: Sequence[Column]
    rows: Sequence[Row]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        cells = [
            [printable(c) for c in row] for row in self.rows if not isinstance(row, Rule | Heading | Total)
        ]
        totals = [row.cells for row in self.rows if isinstance(row, Total)]
        natural = [self._natural(number, cells, totals) for number in range(len(self.columns))]
        shown = self._chosen(natural, cells, options.max_width)
        widths = self._widths(shown, natural, options.max_width)
        total = sum(widths.values()) + GAP * (len(shown) - 1)
        start = self._shorten(cells, widths)
        over = labels(
            [row.text for row in self.rows if isinstance(row, Heading)],
            min(options.max_width, LONGEST_HEADING),
        )
        start, headings_left = start or over.start, iter(over.texts)
        for line in self._lines([column.heading for column in self.columns], widths):
            yield _line(line, "bold")
        yield _line("─" * total)
        left = iter(cells)
        for row in self.rows:
            if isinstance(row, Rule):
                yield _line("─" * total)
            elif isinstance(row, Heading):
                yield _line(next(headings_left), "bold")
            elif isinstance(row, Total):
                for line in self._lines(row.cells, widths):
                    yield _line(line)
            else:
                for line in self._lines(next(left), widths):
                    yield _line(line)
        if start:
            yield _note(f"{start!r}, with which most names start, is left out")
        hidden = [column.heading for number, column in enumerate(self.columns) if number not in shown]
        if hidden:
            yield _note(f"not shown in {options.max_width} columns: {', '.join(hidden)}")

    def _natural(self, number: int, cells: Sequence[Sequence[str]], totals: Sequence[Sequence[str]]) -> int:
        column = self.columns[number]
        texts = [row[number] for row in cells]
        if column.kind is Kind.NAME:
            texts = list(labels(texts, LONGEST_NAME).texts)
        return max(map(cell_len, (column.heading, *texts, *(row[number] for row in totals))))

    def _least(self, number: int, natural: Sequence[int]) -> int:
        column = self.columns[number]
        if column.kind in (Kind.NAME, Kind.TEXT):
            return min(natural[number], max(column.least, cell_len(column.heading)))
        return natural[number]

    def _chosen(self, natural: Sequence[int], cells: Sequence[Sequence[str]], width: int) -> list[int]:
        """Numbers of the columns that have room. One whose cells are all the same tells least."""

        def rank(number: int) -> int:
            same = len({row[number] for row in cells} - {""}) < 2
            return self.columns[number].rank + (100 if same and len(cells) > 1 else 0)

        shown = list(range(len(self.columns)))
        while sum(self._least(n, natural) for n in shown) + GAP * (len(shown) - 1) > width:
            droppable = [n for n in shown if self.columns[n].rank]
            if not droppable:
                break
            shown.remove(max(droppable, key=lambda n: (rank(n), n)))
        return shown

    def _widths(self, shown: Sequence[int], natural: Sequence[int], width: int) -> dict[int, int]:
        """The width of every column; what is left over goes to the ones that can use it, a character each in turn."""
        widths = {n: self._least(n, natural) for n in shown}
        left = width - GAP * (len(shown) - 1) - sum(widths.values())
        while left > 0 and (growing := [n for n in shown if widths[n] < natural[n]]):
            widths[min(growing, key=lambda n: widths[n])] += 1
            left -= 1
        for n in shown:  # narrower than the columns that are always there: what can shrink shrinks on
            if left < 0 and self.columns[n].kind in (Kind.NAME, Kind.TEXT):
                shrunk = max(7, widths[n] + left)
                left += widths[n] - shrunk
                widths[n] = shrunk
        return widths

    def _shorten(self, cells: Sequence[list[str]], widths: dict[int, int]) -> str:
        """Shortens names in place; what all names of a column start with where it was left out."""
        start = ""
        for number, width in widths.items():
            if self.columns[number].kind is Kind.NAME:
                short = labels([row[number] for row in cells if row[number]], width)
                texts = iter(short.texts)
                for row in cells:
                    row[number] = next(texts) if row[number] else ""
                start = start or short.start
        return start

    def _lines(self, cells: Sequence[str], widths: dict[int, int]) -> Iterator[str]:
        """A row's lines: one, or more where a text is longer than its column."""
        columns = []
        for number, width in widths.items():
            texts = _wrapped(cells[number], width)
            right = self.columns[number].kind is Kind.NUMBER
            columns.append(
                [" " * (width - cell_len(t)) + t if right else set_cell_size(t, width) for t in texts]
            )
        for line in range(max(map(len, columns))):
            parts = [
                column[line] if line < len(column) else " " * width
                for column, width in zip(columns, widths.values(), strict=True)
            ]
            yield (" " * GAP).join(parts).rstrip()


def _wrapped(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` columns, broken at spaces where there are any."""
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if cell_len(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while cell_len(line) > width:
            part = set_cell_size(line, width).rstrip()
            lines.append(part)
            line = line[len(part) :]
    return [*lines, line] if line or not lines else lines


def _line(text: str, style: str = "") -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ignore")


def _note(text: str) -> Text:
    return Text(text, style="dim")
