"""What the comparison of a graph with a runtime found."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nmcu.graph.op import Array
from nmcu.judge import Key


@dataclass(frozen=True)
class Finding:
    """One tensor that both the file and the graph have, computed from the runtime's own tensors before it.

    `layers` are those in between, more than one where the file has no tensor between them, or the runtime keeps none.
    `layer` is the last of them that computes, or else the last one, and `kind` its kind. `steps` is the largest
    difference, `allowed` what those layers may differ by at the place where it counts: the first one at fault, else the
    largest difference. `index` is that place in the file's tensor, `ours` and `theirs` are the values there; `shapes`,
    ours and theirs, where those differ already.
    """

    tensor: Key
    name: str
    layer: str
    kind: str
    layers: tuple[str, ...]
    steps: float
    allowed: float
    index: tuple[int, ...]
    ours: float
    theirs: float
    shapes: tuple[tuple[int, ...], tuple[int, ...]] | None = None

    @property
    def ok(self) -> bool:
        """True if the layers are within their operators' tolerances."""
        return self.steps <= self.allowed

    def __str__(self) -> str:
        others = ", ".join(repr(name) for name in self.layers if name != self.layer)
        through = f" (with {others} around it)" if others else ""
        if self.shapes is not None:
            ours, theirs = self.shapes
            return (
                f"layer {self.layer!r} ({self.kind}){through} gives tensor {self.name!r} the shape {ours}, the runtime "
                f"{theirs}"
            )
        return (
            f"layer {self.layer!r} ({self.kind}){through} gives {self.ours:g} at {list(self.index)} of tensor "
            f"{self.name!r}, the runtime {self.theirs:g}: {self.steps:g} steps, at most {self.allowed:g} are right"
        )


@dataclass(frozen=True)
class OutputDifference:
    """A model output, computed from the model's inputs: the largest difference in steps of its scale."""

    name: str
    steps: float


@dataclass(frozen=True, eq=False)
class Held:
    """What states hold between two runs, by name: `fed` by the runtime's tensors, `own` from the model's inputs on."""

    fed: Mapping[str, Array] = field(default_factory=dict)
    own: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """One input's findings: every tensor that could be compared, in the order of execution, and every output.

    `after` is what the states hold then.
    """

    findings: tuple[Finding, ...]
    outputs: tuple[OutputDifference, ...]
    after: Held = field(default_factory=Held, compare=False)

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Findings out of tolerance; the first one is where to look."""
        return tuple(finding for finding in self.findings if not finding.ok)

    @property
    def steps(self) -> float:
        """The largest difference of any layer."""
        return max((finding.steps for finding in self.findings), default=0.0)
