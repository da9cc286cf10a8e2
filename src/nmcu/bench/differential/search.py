"""The search: networks drawn by Hypothesis until the time is over, failures shrunk and collected by cause."""

import time
from contextlib import suppress
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy

from nmcu.bench.differential.case import Case
from nmcu.bench.differential.choices import BACKEND
from nmcu.bench.differential.kinds import Attempt
from nmcu.bench.differential.summary import Failure, Summary

BATCH = 200
"""Networks drawn from one seed; the first new failure among them is shrunk, and ends the batch."""
SHRINKING_SECONDS = 60.0


class _Found(Exception):
    """Tells Hypothesis that a network fails."""


@dataclass
class Searcher:
    """Draws from `networks`, of `kind`, and tries each by `attempt`, every `device_every`-th on the device too."""

    kind: str
    networks: SearchStrategy[Case]
    attempt: Attempt
    summary: Summary
    failures: dict[str, Failure]
    device_every: int = 0

    def run(self, seed: int, seconds: float, most: int) -> None:
        """Searches from `seed` on until `seconds` are over or `most` networks have been tried."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.summary.networks < most:
            before = self.summary.networks
            self.batch(seed, until, min(BATCH, most - before))
            seed += 1
            if self.summary.networks == before:
                return

    def _on_device(self) -> bool:
        return self.device_every > 0 and self.summary.networks % self.device_every == 0

    def batch(self, seed: int, until: float, count: int) -> None:
        """Networks from one seed; a failure of a kind not yet known is shrunk."""
        shrunk: list[Failure] = []
        stop_shrinking = float("inf")

        def once(case: Case) -> None:
            nonlocal stop_shrinking
            now = time.monotonic()
            if now > stop_shrinking or (not shrunk and now > until):
                return
            on_device = self._on_device() if not shrunk else shrunk[0].on_device
            outcome = self.attempt(case, on_device)
            if not shrunk:
                self.summary.count(case, outcome, on_device)
            if not outcome.failed or outcome.key in self.failures:
                return
            if shrunk and outcome.key != shrunk[0].key:
                return
            if not shrunk:
                stop_shrinking = now + SHRINKING_SECONDS
            shrunk.append(Failure(self.kind, outcome.key, seed, case, outcome, on_device))
            raise _Found

        test = settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
            report_multiple_bugs=False,
            print_blob=False,
            backend=BACKEND,
        )(seeded(seed)(given(self.networks)(once)))
        with suppress(_Found, HypothesisException):
            test()
        if shrunk:
            self.failures[shrunk[-1].key] = shrunk[-1]
