"""Random networks through the readers and the reference, each against the runtime that owns its format."""

from nmcu.bench.differential.case import Case
from nmcu.bench.differential.many import Budget, differential
from nmcu.bench.differential.searched import Searched
from nmcu.bench.differential.summary import Failure, Summary, Table

__all__ = ["Budget", "Case", "Failure", "Searched", "Summary", "Table", "differential"]
