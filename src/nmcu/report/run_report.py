"""What a run of a network tells: outputs, whether they are right, and where the cycles went."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from nmcu.report.folder_result import FolderResult
from nmcu.report.memory import Block
from nmcu.report.names import label
from nmcu.report.units import cores, size
from nmcu.sim import Recording
from nmcu.verification import Verdict


@dataclass(frozen=True)
class PartReport:
    """What a kernel tells apart of a layer: `cycles` of core 0, waits for other cores at the part's end included."""

    name: str
    cycles: int


@dataclass(frozen=True)
class LayerReport:
    """One layer of a run.

    `cycles` is wall-clock time on the cluster, from the layer's first to its last cycle on core 0;
    `dma_wait_cycles` the part of it in which the core that waited longest waited for transfers, `compute_cycles` the
    rest. `stalls` are cycles by cause, averaged over the cores. `weight_bytes` and `index_bytes` are as stored.
    `spent` are `cycles` by what they went to, most first (`report.bound`). `hot_cycles` are what the kernel's hot loop
    alone takes by the cost model, None where its costs are not fitted: what the kernel could reach. `advice` says what
    would make a slow layer faster. A layer that runs by rows does so in `stripes`, any other in one. `parts` are what
    its kernel tells apart, one after the other; with `rest_cycles` theirs add up to the layer's.
    """

    name: str
    op: str
    kernel: str
    pattern: str
    macs: int
    nonzero_macs: int
    cycles: int
    compute_cycles: int
    dma_wait_cycles: int
    weight_bytes: int
    index_bytes: int
    l1_bytes: int
    instructions: int
    stalls: Mapping[str, int]
    spent: Mapping[str, int] = field(default_factory=dict)
    hot_cycles: int | None = None
    advice: tuple[str, ...] = ()
    stripes: int = 1
    parts: tuple[PartReport, ...] = ()

    @property
    def bound(self) -> str:
        """What most of the cycles went to; empty for a layer that takes none."""
        return next(iter(self.spent), "")

    @property
    def rest_cycles(self) -> int:
        """Cycles that belong to none of the parts: what the kernel does before the first."""
        return self.cycles - sum(part.cycles for part in self.parts)

    def to_json(self) -> dict[str, Any]:
        return {
            **vars(self),
            "stalls": dict(self.stalls),
            "bound": self.bound,
            "spent": dict(self.spent),
            "advice": list(self.advice),
            "parts": [vars(part) for part in self.parts],
        }


@dataclass(frozen=True)
class MemoryReport:
    """Memory a program takes, in bytes; peaks are of buffers that live at the same time."""

    l1_peak_bytes: int
    l2_peak_bytes: int
    l3_bytes: int
    weight_bytes: int
    index_bytes: int
    code_bytes: int


@dataclass(frozen=True)
class Span:
    """One core in one layer, or in a `part` of it, from cycle `first` to before cycle `end`."""

    layer: str
    core: int
    first: int
    end: int
    part: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class RunReport(FolderResult):
    """A finished run. `outputs` are in the model's own dtype and layout; `mismatches` counts the elements of the
    device's outputs that differ from the reference. `compute_memory` and `working_memory` are the target's names
    of the memories whose peaks `memory` gives as L1's and L2's. `verified` is whether what was run is what the model
    file says, where that was compared.

    The network ran `steps` times; cycles, time and instructions are of the mean step, and inputs and outputs have a
    leading axis of steps where a `sequence` was asked for.
    """

    model: str
    target: str
    isa: str
    sim: str
    cores: int
    clock_hz: int
    cycles: int
    instructions: int
    sim_seconds: float
    mismatches: int
    inputs: Mapping[str, NDArray[Any]]
    outputs: Mapping[str, NDArray[Any]]
    layers: tuple[LayerReport, ...]
    memory: MemoryReport
    assumptions: tuple[str, ...]
    steps: int = 1
    sequence: bool = False
    timeline: tuple[Span, ...] = ()
    part_timeline: tuple[Span, ...] = ()
    blocks: tuple[Block, ...] = ()
    compute_memory: str = "l1"
    working_memory: str = "l2"
    recording: Recording = field(default_factory=Recording)
    verified: Verdict | None = None

    def __str__(self) -> str:
        right = (
            "bit-exact" if self.bit_exact else f"{self.mismatches} output values differ from the reference"
        )
        memory = self.memory
        return (
            f"{label(self.model)} on {self.target} ({self.isa}, {cores(self.cores)}, {self.sim}): {right}\n"
            f"{self.cycles:,} cycles{self._mean}, {self.time_ms:.3f} ms at {self.clock_hz / 1e6:.0f} MHz, "
            f"{self.macs_per_cycle:.2f} MAC/cycle\n"
            f"memory: {', '.join(f'{what} {size(peak)}' for what, peak in self.peaks.items())}, "
            f"code {size(memory.code_bytes)}\n"
            f"packed: weights {size(memory.weight_bytes)}, indices {size(memory.index_bytes)}\n"
            f"simulated {self.instructions:,} instructions in {self.sim_seconds:.2f} s"
            + (f"\nreading: {self.verified.text}" if self.verified else "")
        )

    @property
    def step_outputs(self) -> tuple[Mapping[str, NDArray[Any]], ...] | None:
        """The outputs of each step; None where no sequence was asked for."""
        if not self.sequence:
            return None
        return tuple(
            {name: array[step] for name, array in self.outputs.items()} for step in range(self.steps)
        )

    @property
    def _mean(self) -> str:
        return f" (mean of {self.steps} steps)" if self.steps > 1 else ""

    @property
    def bit_exact(self) -> bool:
        """Every output equals the reference bit for bit."""
        return self.mismatches == 0

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations, zero weights counted."""
        return sum(layer.macs for layer in self.layers)

    @property
    def time_ms(self) -> float:
        """Cycles at the target's clock."""
        return self.cycles / self.clock_hz * 1e3

    @property
    def peaks(self) -> dict[str, int]:
        """What compute and working memory hold at most, in bytes, as users see it named."""
        peaks = self.memory.l1_peak_bytes, self.memory.l2_peak_bytes
        compute, working = self.compute_memory.upper(), self.working_memory.upper()
        same = compute == working
        names = (
            (f"{compute} buffers", f"{working} activations")
            if same
            else (f"{compute} peak", f"{working} peak")
        )
        return dict(zip(names, peaks, strict=True))

    @property
    def macs_per_cycle(self) -> float:
        """MACs, zero weights counted, per cycle of the cluster."""
        return self.macs / self.cycles if self.cycles else 0.0

    def to_json(self, output_paths: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The report as JSON-ready values; `output_paths` says where the outputs were written."""
        paths = output_paths or {}
        return {
            "model": self.model,
            "target": self.target,
            "isa": self.isa,
            "sim": self.sim,
            "cores": self.cores,
            "steps": self.steps,
            "cycles": self.cycles,
            "time_ms": round(self.time_ms, 6),
            "macs": self.macs,
            "macs_per_cycle": round(self.macs_per_cycle, 4),
            "bit_exact": self.bit_exact,
            "verified": self.verified and self.verified.to_json(),
            "mismatches": self.mismatches,
            "outputs": {name: paths.get(name) for name in self.outputs},
            "step_outputs": self.step_outputs
            and [{name: array.tolist() for name, array in step.items()} for step in self.step_outputs],
            "instructions": self.instructions,
            "sim_seconds": round(self.sim_seconds, 3),
            "layers": [layer.to_json() for layer in self.layers],
            "memory": vars(self.memory),
            "assumptions": list(self.assumptions),
        }

    def rows(self) -> list[dict[str, Any]]:
        """The layers."""
        return [layer.to_json() for layer in self.layers]

    def forms(self) -> Mapping[str, Callable[[], bytes]]:
        """JSON, and the report as a page."""
        from nmcu.report.page import html  # late: it draws this class

        return {**super().forms(), ".html": lambda: html(self).encode()}

    def files(self) -> dict[str, bytes]:
        """`report.html`, `trace.json`, `inputs/*.npy` and `outputs/*.npy`."""
        from nmcu.report.result_files import result_files  # late, as above

        return result_files(self)
