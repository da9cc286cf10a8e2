"""What an assignment really gives: scores on samples, and cycles and bytes of the program on the simulator."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache, reduce
from operator import add
from typing import Any

from nmcu import cache, plan, toolchain
from nmcu.errors import PlanError, ProgramTooLarge
from nmcu.graph import Graph, reference
from nmcu.graph.op import Array
from nmcu.isa import InstructionSet
from nmcu.layerwise import Samples, Score, Scorer
from nmcu.layerwise.cost import code, simulated
from nmcu.pareto.assignment import Assignment
from nmcu.pareto.networks import Networks
from nmcu.registry import Registry
from nmcu.report.usage import usage
from nmcu.targets import Target


@dataclass(frozen=True)
class Measured:
    """An assignment as evaluated: `score` against classes and the unpruned network's outputs; `cycles` on the
    simulator, bytes of RAM and flash of the program; or the `reason` why it does not fit the machine, and then 0 of
    each."""

    assignment: Assignment
    score: Score
    cycles: int = 0
    ram_bytes: int = 0
    flash_bytes: int = 0
    reason: str | None = None


@dataclass(frozen=True, eq=False)
class Measure:
    """Evaluates assignments on `pieces` of samples, and runs their programs on one input, `feeds`.

    What a former run left in the cache is not computed again.
    """

    networks: Networks
    pieces: Sequence[Samples]
    target: Target
    isa: InstructionSet
    feeds: Mapping[str, Array]
    registry: Registry | None = None
    """None for what is installed."""

    def __call__(self, assignment: Assignment) -> Measured:
        """Raises `SimulationFault` where the program's outputs differ from the reference."""
        network = lru_cache(lambda: self.networks(assignment))  # made where something is not known only
        name = self.networks.key(assignment)
        score = self._kept(lambda: asdict(self._score(network())), "search score", name, self._samples)
        machine = repr(self.target), repr(self.isa), self._inputs
        program = self._kept(lambda: self._program(network()), "search program", name, *machine)
        return Measured(assignment, Score(**score), **program)

    def _kept(self, make: Any, *parts: str) -> dict[str, Any]:
        key = cache.key(*parts, code())
        known = cache.load(key) if self.registry is None else None
        if known is not None:
            return dict(json.loads(known))
        found: dict[str, Any] = make()
        if self.registry is None:
            cache.store(key, json.dumps(found).encode())
        return found

    def _score(self, network: Graph) -> Score:
        scorer = Scorer(self.networks.graph)
        outputs = (reference.many(network, feeds) for feeds in self._encoded)
        return reduce(
            add,
            (
                scorer.score(found, unpruned, piece.labels)
                for found, unpruned, piece in zip(outputs, self._unpruned, self.pieces, strict=True)
            ),
        )

    def _program(self, network: Graph) -> dict[str, Any]:
        def built(target: Target) -> tuple[toolchain.Image, int]:
            made = plan.make(network, target, self.isa, self.registry or Registry.installed())
            return simulated(network, made, target, self.isa, self.feeds)

        try:
            image, cycles = toolchain.leaving_room(self.target, built)
        except (PlanError, ProgramTooLarge) as error:
            return {"reason": str(error)}
        used = usage(image)
        return {"cycles": cycles, "ram_bytes": used.ram_bytes, "flash_bytes": used.flash_bytes}

    @cached_property
    def _encoded(self) -> list[Mapping[str, Array]]:
        return [piece.encoded(self.networks.graph) for piece in self.pieces]

    @cached_property
    def _unpruned(self) -> list[dict[str, Array]]:
        """The outputs of the unpruned network, piece by piece."""
        names = [info.name for info in self.networks.graph.outputs]
        return [
            {name: found[name] for name in names}
            for found in (reference.many(self.networks.graph, feeds) for feeds in self._encoded)
        ]

    @cached_property
    def _samples(self) -> str:
        return cache.key(*(part for piece in self.pieces for part in piece.content()))

    @cached_property
    def _inputs(self) -> str:
        return cache.key(*(self.feeds[name].tobytes() for name in sorted(self.feeds)))
