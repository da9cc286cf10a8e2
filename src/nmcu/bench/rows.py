"""What a benchmark gives: rows, and the cases without one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol

from typing_extensions import TypeVar

from nmcu.errors import counted
from nmcu.result import Result
from nmcu.work import Failure


class Row(Protocol):
    """One line of a benchmark."""

    def to_json(self) -> dict[str, Any]: ...


RowT_co = TypeVar("RowT_co", bound=Row, default=Row, covariant=True)


@dataclass(frozen=True, repr=False)
class Rows(Result, Generic[RowT_co]):
    """The rows of the benchmark `of`, to iterate over; `wrong` names those whose outputs differ from the reference,
    `failures` the cases that could not be measured."""

    of: str
    measured: tuple[RowT_co, ...]
    failures: tuple[Failure, ...] = ()
    wrong: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[RowT_co]:
        return iter(self.measured)

    def __len__(self) -> int:
        return len(self.measured)

    def __str__(self) -> str:
        lines = [f"{self.of}: {counted(len(self.measured), 'row')}"]
        if self.wrong:
            lines.append(f"outputs differ from the reference: {'; '.join(self.wrong)}")
        if self.failures:
            first = self.failures[0]
            lines.append(f"{counted(len(self.failures), 'case')} not measured; {first.case}: {first.message}")
        return "\n".join(lines)

    def to_json(self) -> list[dict[str, Any]]:
        """The rows."""
        return [row.to_json() for row in self.measured]

    def rows(self) -> list[dict[str, Any]]:
        """The same."""
        return self.to_json()
