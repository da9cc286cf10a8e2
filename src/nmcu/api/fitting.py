"""Which of the known chips a network fits, and how fast it is there."""

from __future__ import annotations  # signatures in help() as they are written here

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from nmcu.api.compiling import compile
from nmcu.api.model import Model, Stage, graph_of, name_of
from nmcu.errors import NmcuError, NoGainWarning
from nmcu.graph import Graph, random_inputs, reference
from nmcu.registry import Registry
from nmcu.report import Fit, Fitted
from nmcu.report.usage import usage
from nmcu.sim.run import run as simulate
from nmcu.targets import Target
from nmcu.work import workers


def fit(
    model: Model,
    targets: Sequence[str | Target] | None = None,
    *,
    jobs: int = 1,
    registry: Registry | None = None,
    on_stage: Stage | None = None,
) -> Fit:
    """Compiles and runs a model file or graph on each of `targets` (without it all known ones), with the instructions
    that each names, on a random input, and compares the outputs with the reference, bit for bit.

    `jobs` processes do it; more than one need a script that can be imported (`if __name__ == "__main__":`), and find
    what is installed: with a `registry` of your own it is always one. A target that the model does not fit has the
    sentence that says why; a wrong output is reported, not raised: look at `Fit.bit_exact`. Raises `NmcuError` for a
    model that cannot be read and for a target that is not known.
    """
    known, say = registry or Registry.installed(), on_stage or (lambda stage: None)
    chips = dict.fromkeys(known.target(target) for target in (known.targets if targets is None else targets))
    say("reading")
    network = graph_of(model, known)
    say("computing the reference of")
    feeds = network.border.encode(random_inputs(network, 0))
    on_chip = _OnChip(network, feeds, reference.run(network, feeds), registry)
    with workers(jobs if registry is None else 1) as pool:
        found, _ = pool.run(
            on_chip, list(chips), lambda done, total, last: say(f"{done} of {total} targets:")
        )
    return Fit(name_of(model), tuple(found.values()))


@dataclass(frozen=True, eq=False)
class _OnChip:
    """What compiles, runs and checks a network on a chip; `registry` is None for what is installed."""

    network: Graph
    feeds: Mapping[str, NDArray[Any]]
    expected: Mapping[str, NDArray[Any]]
    registry: Registry | None

    def __call__(self, chip: Target) -> Fitted:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NoGainWarning)
                image = compile(self.network, chip, registry=self.registry).image
            result = simulate(image, self.feeds)
        except NmcuError as error:
            return Fitted(chip.name, chip.isa, chip.cores, chip.clock_hz, reason=str(error))
        return Fitted(
            chip.name,
            str(image.isa),
            chip.cores,
            chip.clock_hz,
            usage=usage(image),
            cycles=sum(result.cycles(number) for number in image.regions),
            mismatches=result.mismatches([self.expected]),
            assumptions=chip.assumptions,
        )
