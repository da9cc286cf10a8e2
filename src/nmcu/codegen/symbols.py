"""C names and expressions of a plan's tensors and constants."""

from collections.abc import Mapping
from dataclasses import dataclass

from nmcu.codegen.arena import Arena, output
from nmcu.codegen.names import Identifiers
from nmcu.plan import Plan

PLACES = "at->"
"""What expressions have that are known in a run only: members of `places_t` of the generated code."""
CONSTANTS = ("_size", "_bytes", "_scale", "_zero_point")
"""Ends of the names that the header has of each input and output."""


@dataclass(frozen=True)
class Symbols:
    """Names of the network's inputs and outputs, and of what runs by (layer, part); where every tensor lies, as a C
    expression for its first byte, and the packed constants in L2 by (layer, part, constant)."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    layers: Mapping[tuple[str, int], str]
    tensors: Mapping[str, str]
    constants: Mapping[tuple[str, int, str], str]

    @staticmethod
    def of(plan: Plan, arena: Arena) -> "Symbols":
        names = Identifiers()
        inputs, outputs = (
            {t.name: names.take(prefix, plan.ports.get(t.name, t.name), ends=CONSTANTS) for t in tensors}
            for prefix, tensors in (("input_", plan.inputs), ("output_", plan.outputs))
        )
        layers: dict[tuple[str, int], str] = {}
        constants: dict[tuple[str, int, str], str] = {}
        for layer in plan.layers:
            for number, part in enumerate(layer.parts):
                suffix = f"_part{number}" if len(layer.parts) > 1 else ""
                layers[layer.name, number] = names.take("", layer.name, suffix)
                for key, place in part.constants.items():
                    constants[layer.name, number, key] = f"(WEIGHTS + {place.offset})"
        return Symbols(inputs, outputs, layers, _tensors(plan, arena), constants)


def _tensors(plan: Plan, arena: Arena) -> Mapping[str, str]:
    found = {name: _at("l2", place.offset) for name, place in plan.tensors.items()}
    found |= {name: _at("l1", place.offset) for name, place in plan.near.items()}
    found |= {s.tensor.name: _at("state", s.place.offset) for s in plan.states}
    found |= {t.name: f"{PLACES}output[{number}]" for number, t in enumerate(plan.outputs)}
    found |= {t.name: f"{PLACES}input[{number}]" for number, t in enumerate(plan.inputs)}
    return found | {t.name: _at("arena", arena.offset(output(t))) for t in arena.copied}


def _at(place: str, offset: int) -> str:
    return f"{PLACES}{place} + {offset}"
