"""What a search found, in numbers; sums of several searches."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nmcu.bench.differential.case import Case
from nmcu.bench.differential.outcome import Outcome


@dataclass(frozen=True)
class Failure:
    """The smallest network found for one cause: what it is, what went wrong, and the seed of its search."""

    kind: str
    key: str
    seed: int
    case: Case
    outcome: Outcome
    on_device: bool = False


@dataclass
class Summary:
    """Networks tried, by what became of them; `operators` counts networks that have the operator."""

    networks: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    steps: Counter[int] = field(default_factory=Counter)
    operators: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    unjudged: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    simulated: int = 0

    def count(self, case: Case, outcome: Outcome, on_device: bool) -> None:
        """One more network."""
        self.networks += 1
        self.simulated += on_device
        self.verdicts[outcome.verdict] += 1
        if outcome.verdict == "agrees":
            self.steps[outcome.steps] += 1
        if outcome.verdict in ("agrees", "outside", "crash"):
            self.operators.update(set(case.operators))
        if outcome.verdict == "refused":
            self.refusals[outcome.key] += 1
        if outcome.verdict == "unjudged":
            self.unjudged[outcome.key] += 1
        if outcome.failed:
            self.failed[outcome.key] += 1

    def add(self, other: "Summary") -> None:
        """Take in what `other` counted."""
        self.networks += other.networks
        self.simulated += other.simulated
        for mine, theirs in zip(self._counters(), other._counters(), strict=True):
            mine.update(theirs)

    def _counters(self) -> Iterable[Counter[Any]]:
        return self.verdicts, self.steps, self.operators, self.refusals, self.unjudged, self.failed

    def to_json(self) -> dict[str, Any]:
        """The counts by name, the most frequent first."""
        return {
            "networks": self.networks,
            "simulated": self.simulated,
            **{word: self.verdicts[word] for word in ("agrees", "refused", "outside", "crash", "unjudged")},
            "steps": {str(k): v for k, v in sorted(self.steps.items())},
            "operators": dict(self.operators.most_common()),
            "refusals": dict(self.refusals.most_common()),
            "not_run_by_the_runtime": dict(self.unjudged.most_common()),
            "failures": dict(self.failed.most_common()),
        }


Table = dict[str, Summary]
"""Summaries by the kind of network."""
