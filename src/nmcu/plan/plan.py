"""The plan of a network: every decision the code generator prints, as an immutable value that saves as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nmcu.graph import Layer, TensorInfo
from nmcu.isa import InstructionSet
from nmcu.kernels import Kernel, Machine, Packed
from nmcu.targets import Role, Target


@dataclass(frozen=True)
class Buffer:
    """A byte range of one memory: `offset` from the start of the network's part of it."""

    offset: int
    bytes: int

    @property
    def end(self) -> int:
        return self.offset + self.bytes


@dataclass(frozen=True)
class Chunk:
    """Constants that stream: where they lie in L3, their place in the L2 ring, the step (number of the part in the
    network) that starts the transfer and the one that reads them."""

    source: Buffer
    place: Buffer
    started: int
    needed: int


@dataclass(frozen=True)
class Spill:
    """An activation that waits in L3, at `place`, from after layer number `stored` until before layer `loaded`."""

    tensor: str
    place: Buffer
    stored: int
    loaded: int


@dataclass(frozen=True, eq=False)
class Part:
    """A layer, or a range of its output channels from `first_channel` on, that runs on its own.

    `layer` is the layer restricted to these channels. `l1` are its L1 buffers, `packed` its constants as the kernel
    reads them: `constants` places those that stay in L2, those in `streamed` (numbers of chunks) come from L3.
    `cycles`, `compute_cycles` and `dma_cycles` are predictions (see `kernels.Candidate`); `wait_cycles` is the
    predicted wait for L3 on top.
    """

    layer: Layer
    first_channel: int
    parameters: Mapping[str, int]
    l1: Mapping[str, Buffer]
    packed: Mapping[str, Packed]
    constants: Mapping[str, Buffer]
    streamed: Mapping[str, int]
    cycles: int
    compute_cycles: int
    dma_cycles: int
    wait_cycles: int = 0

    @property
    def l1_bytes(self) -> int:
        """L1 that the buffers span."""
        return max((buffer.end for buffer in self.l1.values()), default=0)

    @property
    def constant_bytes(self) -> int:
        """Bytes of all packed constants: weights, positions, requantisation."""
        return sum(packed.size for packed in self.packed.values())

    @property
    def index_bytes(self) -> int:
        """Bytes of `constant_bytes` that are positions of non-zeros."""
        return sum(packed.index_bytes for packed in self.packed.values())

    @property
    def requant_bytes(self) -> int:
        """Bytes of `constant_bytes` that are bias and requantisation."""
        return sum(packed.requant_bytes for packed in self.packed.values())


@dataclass(frozen=True, eq=False)
class PlannedLayer:
    """One layer, the kernel that runs it, and the parts it runs in.

    `kernel` is None and there are no parts where the layer moves nothing because its output is its input (reshape).
    """

    layer: Layer
    kernel: Kernel | None
    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        return self.layer.name

    @property
    def parameters(self) -> Mapping[str, int]:
        """The tiling; of the first part where there are several."""
        return self.parts[0].parameters if self.parts else {}

    @property
    def l1_bytes(self) -> int:
        """L1 that the layer's buffers span."""
        return max((part.l1_bytes for part in self.parts), default=0)

    @property
    def kernel_name(self) -> str | None:
        """What users call the kernel."""
        return self.kernel.name if self.kernel else None

    @property
    def constant_bytes(self) -> int:
        """Bytes of all packed constants: weights, positions, requantisation."""
        return sum(part.constant_bytes for part in self.parts)

    @property
    def index_bytes(self) -> int:
        """Bytes of `constant_bytes` that are positions of non-zeros."""
        return sum(part.index_bytes for part in self.parts)

    @property
    def requant_bytes(self) -> int:
        """Bytes of `constant_bytes` that are bias and requantisation."""
        return sum(part.requant_bytes for part in self.parts)

    @property
    def cycles(self) -> int:
        """Predicted cycles, waits for L3 included."""
        return sum(part.cycles + part.wait_cycles for part in self.parts)

    @property
    def compute_cycles(self) -> int:
        return sum(part.compute_cycles for part in self.parts)

    @property
    def dma_cycles(self) -> int:
        return sum(part.dma_cycles for part in self.parts)

    @property
    def wait_cycles(self) -> int:
        """Predicted cycles of waiting for constants from L3."""
        return sum(part.wait_cycles for part in self.parts)


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """A network planned for a target: layers in order, activations in working memory, packed constants.

    `tensors` places every activation that lives in the arena; network inputs and outputs have memory of their own.
    `chunks` are the constants that stream from bulk memory through a ring of `ring_bytes` in working memory, in the
    order of the transfers. `spills` are activations that must wait in bulk memory because working memory is too small;
    `spill_cycles` what moving them takes. Kernels' buffers may take `buffer_bytes` of compute memory.
    """

    target: Target
    isa: InstructionSet
    buffer_bytes: int
    layers: tuple[PlannedLayer, ...]
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    tensors: Mapping[str, Buffer]
    aliases: Mapping[str, str]
    weight_blob_bytes: int
    chunks: tuple[Chunk, ...] = ()
    ring_bytes: int = 0
    spills: tuple[Spill, ...] = ()
    spill_cycles: int = 0

    @property
    def machine(self) -> Machine:
        """What kernels were chosen for."""
        return Machine(self.target, self.isa, buffer_bytes=self.buffer_bytes)

    @property
    def l1_peak_bytes(self) -> int:
        return max((layer.l1_bytes for layer in self.layers), default=0)

    @property
    def arena_bytes(self) -> int:
        """L2 for activations between layers."""
        return max((buffer.end for buffer in self.tensors.values()), default=0)

    @property
    def l2_peak_bytes(self) -> int:
        """Working memory for activations, network inputs and outputs, and the constants that lie there; code on top."""
        ports = sum(t.bytes for t in (*self.inputs, *self.outputs))
        memory = self.target.memory
        constants = self.weight_blob_bytes if memory.constants is memory.level(Role.WORKING) else 0
        return self.arena_bytes + constants + self.ring_bytes + ports

    @property
    def l3_bytes(self) -> int:
        """L3 for constants that stream and for activations that wait."""
        return self.stream_bytes + self.spill_bytes

    @property
    def stream_bytes(self) -> int:
        """L3 for constants that stream."""
        return self.chunks[-1].source.end if self.chunks else 0

    @property
    def spill_bytes(self) -> int:
        """L3 for activations that wait."""
        return max((spill.place.end for spill in self.spills), default=0)

    @property
    def steps(self) -> tuple[tuple[PlannedLayer, Part], ...]:
        """Everything that runs, in order: a layer and its part."""
        return tuple((layer, part) for layer in self.layers for part in layer.parts)

    @property
    def predicted_cycles(self) -> int:
        return sum(layer.cycles for layer in self.layers) + self.spill_cycles

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON data: sizes and offsets in bytes, times in cycles."""
        return {
            "target": self.target.name,
            "isa": str(self.isa),
            "predicted_cycles": self.predicted_cycles,
            "memory": {
                "l1_peak_bytes": self.l1_peak_bytes,
                "l2_peak_bytes": self.l2_peak_bytes,
                "l2_arena_bytes": self.arena_bytes,
                "constant_bytes": self.weight_blob_bytes,
                "l2_ring_bytes": self.ring_bytes,
                "l3_bytes": self.l3_bytes,
            },
            "inputs": [_tensor_json(t) for t in self.inputs],
            "outputs": [_tensor_json(t) for t in self.outputs],
            "tensors": {name: _buffer_json(buffer) for name, buffer in self.tensors.items()},
            "aliases": dict(self.aliases),
            "chunks": [
                {
                    "l3": _buffer_json(c.source),
                    "l2_ring": _buffer_json(c.place),
                    "started": c.started,
                    "needed": c.needed,
                }
                for c in self.chunks
            ],
            "spills": [
                {"tensor": s.tensor, "l3": _buffer_json(s.place), "stored": s.stored, "loaded": s.loaded}
                for s in self.spills
            ],
            "layers": [_layer_json(layer) for layer in self.layers],
        }

    def __repr__(self) -> str:
        return f"<Plan: {len(self.layers)} layers on {self.target.name} ({self.isa})>"

    def __str__(self) -> str:
        lines = [f"plan for {self.target.name} ({self.isa}): {self.predicted_cycles:,} cycles predicted"]
        for layer in self.layers:
            kernel = layer.kernel_name or "no work"
            tiling = " ".join(f"{key}={value}" for key, value in layer.parameters.items())
            lines.append(f"  {layer.name}: {layer.layer.kind} by {kernel} {tiling} ({layer.cycles:,} cycles)")
        return "\n".join(lines)


def _tensor_json(tensor: TensorInfo) -> dict[str, Any]:
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "scale": tensor.scale,
        "zero_point": tensor.zero_point,
    }


def _buffer_json(buffer: Buffer) -> dict[str, int]:
    return {"offset": buffer.offset, "bytes": buffer.bytes}


def _layer_json(layer: PlannedLayer) -> dict[str, Any]:
    return {
        "name": layer.name,
        "op": layer.layer.kind,
        "kernel": layer.kernel_name,
        "inputs": [t.name for t in layer.layer.inputs],
        "outputs": [t.name for t in layer.layer.outputs],
        "index_bytes": layer.index_bytes,
        "predicted": {
            "cycles": layer.cycles,
            "compute_cycles": layer.compute_cycles,
            "dma_cycles": layer.dma_cycles,
            "l3_wait_cycles": layer.wait_cycles,
        },
        "parts": [_part_json(part) for part in layer.parts],
    }


def _part_json(part: Part) -> dict[str, Any]:
    return {
        "first_channel": part.first_channel,
        "channels": part.layer.outputs[0].shape[-1],
        "parameters": dict(part.parameters),
        "l1": {name: _buffer_json(buffer) for name, buffer in part.l1.items()},
        "constants": {name: _buffer_json(buffer) for name, buffer in part.constants.items()},
        "streamed": dict(part.streamed),
    }
