"""What functions of nmcu return: printed in a few lines, drawn in a notebook, saved, turned into a data frame."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmcu.errors import NmcuError
from nmcu.files import write_atomically
from nmcu.text import safe

if TYPE_CHECKING:
    import pandas

MOST_ROWS = 200
"""Rows that a notebook shows; the data frame has all."""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>nmcu</title></head><body style="font-family:sans-serif">
{body}
</body></html>
"""


class Result(ABC):
    """A value with a table in it. `str` gives a few lines for people, `to_json` what `--json` of its command prints."""

    OTHERWISE = ""
    """What else than one of `forms` a name to save under may end in."""

    @abstractmethod
    def __str__(self) -> str: ...

    @abstractmethod
    def to_json(self) -> Any:
        """JSON-ready values."""

    @abstractmethod
    def rows(self) -> list[dict[str, Any]]:
        """The table: a row for each layer, kernel or whatever was looked at, values by name of the column."""

    def to_frame(self) -> "pandas.DataFrame":
        """The table as a pandas data frame; what has parts has a column for each: `stalls.load_use`.

        Raises `NmcuError` where pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise NmcuError(
                "a data frame needs pandas, which is not installed: pip install pandas"
            ) from error
        return pandas.DataFrame([dict(_flat(row)) for row in self.rows()])

    def forms(self) -> Mapping[str, Callable[[], bytes]]:
        """What `save` can write, by the suffix of the file."""
        return {
            ".json": lambda: (json.dumps(self.to_json(), indent=1, allow_nan=False) + "\n").encode(),
            ".html": lambda: PAGE.format(body=self._repr_html_()).encode(),
        }

    def save(self, path: str | Path) -> None:
        """Writes a file, in the form that the suffix of its name says: one of `forms`.

        Raises `NmcuError` for any other suffix, and where the file cannot be written.
        """
        form = self.forms().get(Path(path).suffix.lower())
        if form is None:
            raise NmcuError(
                f"cannot save {str(path)!r}: a name that ends in {' or '.join(self.forms())}{self.OTHERWISE} is needed"
            )
        write_atomically(Path(path), form())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {str(self).splitlines()[0]}>"

    def _repr_html_(self) -> str:
        """For notebooks: the lines and the table, without what has parts. Names come from strangers: all is escaped."""
        lines = "<br>".join(safe(line) for line in str(self).splitlines())
        return f"<p>{lines}</p>{_table(self.rows())}"


def _flat(row: Mapping[str, Any], start: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{start}{name}.")
        else:
            yield start + name, value


def _table(rows: list[dict[str, Any]]) -> str:
    names = [n for n in dict.fromkeys(n for row in rows for n in row) if not _has_parts(n, rows)]
    head = "".join(f"<th>{safe(name.replace('_', ' '))}</th>" for name in names)
    body = "".join(f"<tr>{''.join(_cell(row.get(name)) for name in names)}</tr>" for row in rows[:MOST_ROWS])
    left = len(rows) - MOST_ROWS
    more = f"<p>{left:,} more rows: to_frame() has them all</p>" if left > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}" if rows else ""


def _has_parts(name: str, rows: Iterable[Mapping[str, Any]]) -> bool:
    return any(isinstance(row.get(name), Mapping) for row in rows)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return f"<td>{'yes' if value else 'no'}</td>"
    if isinstance(value, int | float):
        text = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
        return f'<td style="text-align:right">{text}</td>'
    return f'<td style="text-align:left">{safe("" if value is None else str(value))}</td>'
