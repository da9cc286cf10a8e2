"""What all inputs together say."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nmcu.errors import counted
from nmcu.judge import Key
from nmcu.result import Result
from nmcu.verification.finding import Comparison, Finding


@dataclass(frozen=True)
class Fault:
    """A finding out of tolerance, and the input it was found on: its number from 1 on, and what it is."""

    input: int
    what: str
    finding: Finding

    def to_json(self) -> dict[str, Any]:
        """JSON-ready values."""
        found = self.finding
        numbers = {name: finite(getattr(found, name)) for name in ("steps", "ours", "theirs")}
        return {"input": self.input, "what": self.what, **vars(found), **numbers}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Fault":
        """What `to_json` gave."""
        rest = {name: part for name, part in value.items() if name not in ("input", "what")}
        numbers = {name: number(rest[name]) for name in ("steps", "ours", "theirs")}
        lists: dict[str, Any] = {name: tuple(rest[name]) for name in ("layers", "index")}
        if rest["shapes"] is not None:
            lists["shapes"] = tuple(tuple(shape) for shape in rest["shapes"])
        return cls(value["input"], value["what"], Finding(**{**rest, **numbers, **lists}))

    def __str__(self) -> str:
        return f"on input {self.input} ({self.what}) {self.finding}"


@dataclass(frozen=True)
class LayerSteps:
    """A layer that could be compared: the largest difference over all inputs, and what it may be."""

    name: str
    op: str
    steps: float
    allowed: float


@dataclass(frozen=True, repr=False)
class Verdict(Result):
    """Whether the reading of `model`, a file's name, agrees with `runtime` (`ONNX Runtime 1.32.0`).

    `inputs` were compared, `refused` more the runtime did not take. `layers` are all that could be compared, `unseen`
    how many layers lie between them. `outputs` are the largest differences of the model's outputs from its inputs on,
    in steps: those of single layers add up, which is no fault. `reason` says why nothing was compared.
    """

    model: str
    runtime: str
    inputs: int = 0
    refused: int = 0
    layers: tuple[LayerSteps, ...] = ()
    outputs: Mapping[str, float] = field(default_factory=dict)
    fault: Fault | None = None
    reason: str = ""

    @property
    def checked(self) -> bool:
        """True if there was something to compare with."""
        return not self.reason

    @property
    def ok(self) -> bool:
        """False if a layer, fed the runtime's own tensors, leaves its operator's tolerance."""
        return self.fault is None

    @property
    def steps(self) -> float:
        """The largest difference of a layer within tolerance."""
        return max((layer.steps for layer in self.layers), default=0.0)

    @property
    def text(self) -> str:
        """One sentence."""
        if self.reason:
            return f"not checked against {self.runtime}: {self.reason}"
        inputs = counted(self.inputs, "input")
        if self.fault is not None:
            return f"differs from {self.runtime}: {self.fault}"
        most = "" if not self.steps else f", at most {_steps(self.steps)} in a layer"
        far = max(self.outputs.values(), default=0.0)
        end = f", {_steps(far)} at the end" if round(far, 2) > self.steps else ""
        return f"agrees with {self.runtime} on {inputs}{most or ', in every bit'}{end}"

    def __str__(self) -> str:
        return f"{self.model}: {self.text}"

    def rows(self) -> list[dict[str, Any]]:
        """The layers that could be compared."""
        return [{**vars(layer), "steps": finite(layer.steps)} for layer in self.layers]

    def to_json(self) -> dict[str, Any]:
        """Everything."""
        return {
            "model": self.model,
            "runtime": self.runtime,
            "checked": self.checked,
            "ok": self.ok,
            "text": self.text,
            "reason": self.reason,
            "inputs": self.inputs,
            "refused_inputs": self.refused,
            "steps": finite(self.steps),
            "outputs": {name: finite(steps) for name, steps in self.outputs.items()},
            "layers": self.rows(),
            "fault": None if self.fault is None else self.fault.to_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Verdict":
        """What `to_json` gave."""
        fault = value["fault"]
        return cls(
            model=value["model"],
            runtime=value["runtime"],
            inputs=value["inputs"],
            refused=value["refused_inputs"],
            layers=tuple(LayerSteps(**{**each, "steps": number(each["steps"])}) for each in value["layers"]),
            outputs={name: number(steps) for name, steps in value["outputs"].items()},
            fault=None if fault is None else Fault.from_json(fault),
            reason=value["reason"],
        )


def verdict(model: str, runtime: str, found: Sequence[tuple[int, str, Comparison]], refused: int) -> Verdict:
    """What `found`, the comparisons by number and kind of input, say together."""
    layers: dict[tuple[Key, tuple[str, ...]], LayerSteps] = {}
    outputs: dict[str, float] = {}
    fault = None
    for number, what, comparison in found:
        for finding in comparison.findings:
            place = finding.tensor, finding.layers
            known = layers.get(place)
            if known is None or finding.steps > known.steps:
                layers[place] = LayerSteps(finding.layer, finding.kind, finding.steps, finding.allowed)
        for output in comparison.outputs:
            outputs[output.name] = max(outputs.get(output.name, 0.0), output.steps)
        if comparison.faults and fault is None:
            fault = Fault(number, what, comparison.faults[0])
    inputs = len({number for number, _, _ in found})
    return Verdict(model, runtime, inputs, refused, tuple(layers.values()), outputs, fault)


def _steps(number: float) -> str:
    text = f"{number:.3g}"
    return f"{text} step{'' if text == '1' else 's'}"


def finite(value: float) -> float | None:
    """JSON knows finite numbers only."""
    return round(value, 6) if math.isfinite(value) else None


def number(value: float | None) -> float:
    """What `finite` was given; infinity for what was not."""
    return math.inf if value is None else value
