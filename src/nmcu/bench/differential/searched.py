"""What searches of several kinds found."""

from dataclasses import dataclass
from typing import Any

from nmcu.bench.differential.summary import Failure, Table
from nmcu.errors import counted
from nmcu.result import Result


@dataclass(frozen=True, eq=False, repr=False)
class Searched(Result):
    """Counts by kind of network, and a small network for each cause of a failure."""

    table: Table
    failures: tuple[Failure, ...]

    def __str__(self) -> str:
        tried = ", ".join(
            f"{counted(found.networks, 'network')} {kind}" for kind, found in self.table.items()
        )
        return f"{tried}: {counted(len(self.failures), 'cause')} of failures"

    def to_json(self) -> dict[str, Any]:
        """The counts, by kind."""
        return {kind: summary.to_json() for kind, summary in self.table.items()}

    def rows(self) -> list[dict[str, Any]]:
        """The kinds."""
        return [{"kind": kind, **counts} for kind, counts in self.to_json().items()]
