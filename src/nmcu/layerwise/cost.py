"""What each variant of a network costs on a machine: predicted, and measured on the simulator."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from nmcu import cache as results
from nmcu import codegen, plan, toolchain
from nmcu.errors import PlanError, ProgramTooLarge, SimulationFault
from nmcu.graph import Graph, digest, reference
from nmcu.graph.op import Array
from nmcu.isa import InstructionSet
from nmcu.layerwise.variants import Variant, Variants
from nmcu.plan import Plan, PlannedLayer
from nmcu.registry import Registry
from nmcu.sim.run import run as simulate
from nmcu.targets import Target

SOURCES = (".py", ".toml", ".c", ".S", ".h", ".inc", ".ld", ".def", ".cpp", ".hpp")


@dataclass(frozen=True)
class LayerCost:
    """Of a layer: predicted cycles, the bytes of its packed constants, and of those the weights and their positions."""

    cycles: int
    constant_bytes: int
    weight_bytes: int


@dataclass(frozen=True)
class Cost:
    """Of a network: cycles, `predicted` and `measured`, and those of its layers by name. None where it does not fit the
    machine, for a `reason`, and where nobody measured."""

    predicted: int | None
    measured: int | None
    layers: Mapping[str, LayerCost]
    reason: str | None = None

    @classmethod
    def of_json(cls, text: bytes) -> "Cost":
        """What `asdict` gave, from JSON."""
        value = json.loads(text)
        return cls(**{**value, "layers": {name: LayerCost(**cost) for name, cost in value["layers"].items()}})


@dataclass(frozen=True, eq=False)
class Costs:
    """Plans the unchanged network (None) or one of `variants`, and runs it on `feeds` if there are some."""

    variants: Variants
    target: Target
    isa: InstructionSet
    feeds: Mapping[str, Array] | None = None
    registry: Registry | None = None
    """None for what is installed."""

    def __call__(self, variant: Variant | None) -> Cost:
        """What it costs; raises `SimulationFault` where the program's outputs are wrong."""
        graph = self.variants.network(variant)
        if self.registry is not None:
            return self._found(graph, self.registry)
        feeds = self.feeds or {}
        inputs = [part for name in sorted(feeds) for part in (name, feeds[name].tobytes())]
        machine = repr(self.target), repr(self.isa)
        key = results.key("cost", code(), digest.of_graph(graph), *machine, *inputs)
        known = results.load(key)
        if known is not None:
            return Cost.of_json(known)
        found = self._found(graph, Registry.installed())
        results.store(key, json.dumps(asdict(found)).encode())
        return found

    def _found(self, graph: Graph, registry: Registry) -> Cost:
        cost = Cost(None, None, {})

        def built(target: Target) -> Cost:
            nonlocal cost
            made = plan.make(graph, target, self.isa, registry)
            layers = {layer.name: _of_layer(layer) for layer in made.layers}
            cost = Cost(made.predicted_cycles, None, layers)
            if self.feeds is None:
                return cost
            _, cycles = simulated(graph, made, target, self.isa, self.feeds)
            return replace(cost, measured=cycles)

        try:
            return toolchain.leaving_room(self.target, built)
        except (PlanError, ProgramTooLarge) as error:
            return replace(cost, reason=str(error))


def simulated(
    graph: Graph, made: Plan, target: Target, isa: InstructionSet, feeds: Mapping[str, Array]
) -> tuple[toolchain.Image, int]:
    """The program of a plan of `graph`, and the cycles of its run on one input, `feeds`.

    Raises `SimulationFault` where its outputs differ from the reference.
    """
    image = toolchain.build(codegen.emit(made, graph.name or "model"), target, isa)
    ran = simulate(image, feeds)
    if ran.mismatches([reference.run(graph, feeds)]):
        raise SimulationFault(f"{graph.name or 'the network'}: outputs differ from the reference")
    return image, sum(ran.cycles(number) for number in image.regions)


def _of_layer(layer: PlannedLayer) -> LayerCost:
    return LayerCost(layer.cycles, layer.constant_bytes, layer.constant_bytes - layer.requant_bytes)


@cache
def code() -> bytes:
    """What decides about cycles."""
    return results.contents((Path(plan.__file__).parents[1],), *SOURCES)
