"""The plan of a network: every decision the code generator prints, as an immutable value that saves as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from nmcu.graph import Layer, TensorInfo
from nmcu.graph.rows import height
from nmcu.isa import InstructionSet
from nmcu.kernels import Kernel, Machine, Packed
from nmcu.kernels.kernel import align
from nmcu.targets import Role, Target

COPY = "layer"
"""The buffer in compute memory that holds a layer's descriptor while it runs, where its kernel has one."""


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
    network's order) that starts the transfer and the first and last that read them."""

    source: Buffer
    place: Buffer
    started: int
    needed: int
    last: int


@dataclass(frozen=True)
class Slot:
    """Where a constant that streams lies: `offset` bytes into the chunk with this number."""

    chunk: int
    offset: int


@dataclass(frozen=True)
class Spill:
    """An activation that waits in L3, at `place`, from after layer number `stored` until before layer `loaded`."""

    tensor: str
    place: Buffer
    stored: int
    loaded: int


@dataclass(frozen=True)
class Move:
    """Rows that are at `place` in L3 before or after a part runs, and at the start of `tensor` while it does."""

    tensor: str
    place: Buffer


@dataclass(frozen=True)
class PlannedState:
    """A state: as layers read it, its place in the states' memory, the block around it that is kept for it and what is
    joined to it, and what lies in its place after a reset."""

    tensor: TensorInfo
    place: Buffer
    block: Buffer
    initial: bytes


@dataclass(frozen=True, eq=False)
class Part:
    """A layer, or a range of its output channels from `first_channel` on, or of its rows from `first_row` on, that runs
    on its own.

    `layer` is the layer restricted to them; `input_offsets` and `output_offset` are where its operands begin, in bytes
    from the places of their tensors. `l1` are its L1 buffers, `packed` its constants as the kernel
    reads them: `constants` places those that stay in L2, those in `streamed` come from L3.
    `cycles`, `compute_cycles` and `dma_cycles` are predictions (see `kernels.Candidate`); `wait_cycles` is the
    predicted wait for L3 on top. `loads` come from L3 before it runs, `stores` go there after it. `near` is what of it
    lies in L1 when it begins (`Machine.near`); `ahead` is where its constants do, by name, and its descriptor (`COPY`),
    which come while the step before runs.
    """

    layer: Layer
    first_channel: int
    first_row: int
    input_offsets: tuple[int, ...]
    output_offset: int
    parameters: Mapping[str, int]
    l1: Mapping[str, Buffer]
    packed: Mapping[str, Packed]
    constants: Mapping[str, Buffer]
    streamed: Mapping[str, Slot]
    cycles: int
    compute_cycles: int
    dma_cycles: int
    wait_cycles: int = 0
    loads: tuple[Move, ...] = ()
    stores: tuple[Move, ...] = ()
    near: frozenset[str] = frozenset()
    ahead: Mapping[str, Buffer] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def l1_bytes(self) -> int:
        """L1 that the buffers take, and what comes ahead of the layer."""
        return sum(align(buffer.bytes) for buffer in {**self.l1, **self.ahead}.values())

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
        """L1 that the layer's buffers and constants take."""
        return max((part.l1_bytes for part in self.parts), default=0)

    @property
    def kernel_name(self) -> str | None:
        """What users call the kernel."""
        return self.kernel.name if self.kernel else None

    @property
    def stripes(self) -> int:
        """Ranges of rows that the layer runs in, 1 where it computes all of them at once."""
        return len({part.first_row for part in self.parts}) or 1

    @property
    def packed(self) -> tuple[Packed, ...]:
        """All packed constants; what several parts read is there once."""
        return tuple(dict.fromkeys(packed for part in self.parts for packed in part.packed.values()))

    @property
    def constant_bytes(self) -> int:
        """Bytes of all packed constants: weights, positions, requantisation."""
        return sum(packed.size for packed in self.packed)

    @property
    def index_bytes(self) -> int:
        """Bytes of `constant_bytes` that are positions of non-zeros."""
        return sum(packed.index_bytes for packed in self.packed)

    @property
    def requant_bytes(self) -> int:
        """Bytes of `constant_bytes` that are bias and requantisation."""
        return sum(packed.requant_bytes for packed in self.packed)

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

    `tensors` places every activation that lives in the arena; those in `near` stay in compute memory, of which it and
    the room around them take `near_bytes`. Network inputs and outputs have memory of their own, and
    so have `states`, whose content lasts from run to run. `aliases` are tensors in the memory of others, where
    they start at `offsets` bytes.
    `order` is what runs, in order: numbers of a layer and of a part of it. It is that of the layers but for `chains`,
    the first and last number of layers that run by rows together. Of tensors that only these use, working memory holds
    the rows of one pass. Of tensors `away`, with their places in bulk memory, chains bring and take rows.
    `chunks` are the constants that stream from bulk memory through a ring of `ring_bytes` in working memory, in the
    order of the transfers. `spills` are activations that must wait in bulk memory because working memory is too small;
    `spill_cycles` what moving them takes. Kernels' buffers may take `buffer_bytes` of compute memory.
    `ports` are the names that inputs and outputs have in the model, by those of the device's tensors.
    """

    target: Target
    isa: InstructionSet
    buffer_bytes: int
    layers: tuple[PlannedLayer, ...]
    order: tuple[tuple[int, int], ...]
    chains: tuple[tuple[int, int], ...]
    away: Mapping[str, Buffer]
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    tensors: Mapping[str, Buffer]
    aliases: Mapping[str, str]
    offsets: Mapping[str, int]
    weight_blob_bytes: int
    chunks: tuple[Chunk, ...] = ()
    ring_bytes: int = 0
    spills: tuple[Spill, ...] = ()
    spill_cycles: int = 0
    states: tuple[PlannedState, ...] = ()
    near: Mapping[str, Buffer] = field(default_factory=lambda: MappingProxyType({}))
    near_bytes: int = 0
    ports: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def machine(self) -> Machine:
        """What kernels were chosen for."""
        return Machine(self.target, self.isa, buffer_bytes=self.buffer_bytes)

    @property
    def comes_ahead(self) -> bool:
        """Whether something comes to compute memory before the layer that needs it begins."""
        return any(part.ahead for _, part in self.steps)

    @property
    def l1_peak_bytes(self) -> int:
        ends = (buffer.end for _, part in self.steps for buffer in part.l1.values())
        return max((self.near_bytes, *ends))

    @property
    def arena_bytes(self) -> int:
        """L2 for activations between layers."""
        return max((buffer.end for buffer in self.tensors.values()), default=0)

    @property
    def state_bytes(self) -> int:
        """Working memory for states."""
        return max((state.block.end for state in self.states), default=0)

    @property
    def l2_peak_bytes(self) -> int:
        """Working memory for activations, states, network inputs and outputs, and the constants that lie there; code on
        top."""
        ports = sum(t.bytes for t in (*self.inputs, *self.outputs))
        memory = self.target.memory
        constants = self.weight_blob_bytes if memory.constants is memory.level(Role.WORKING) else 0
        return self.arena_bytes + self.state_bytes + constants + self.ring_bytes + ports

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
        places = (*(spill.place for spill in self.spills), *self.away.values())
        return max((place.end for place in places), default=0)

    @property
    def steps(self) -> tuple[tuple[PlannedLayer, Part], ...]:
        """Everything that runs, in order: a layer and its part."""
        return tuple((self.layers[layer], self.layers[layer].parts[part]) for layer, part in self.order)

    def stored_at(self, spill: Spill) -> int:
        """The step after which a waiting activation goes to L3."""
        return max(step for step, (layer, _) in enumerate(self.order) if layer <= spill.stored)

    def loaded_at(self, spill: Spill) -> int:
        """The step before which it comes back."""
        return min(step for step, (layer, _) in enumerate(self.order) if layer >= spill.loaded)

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
                "l2_state_bytes": self.state_bytes,
                "constant_bytes": self.weight_blob_bytes,
                "l2_ring_bytes": self.ring_bytes,
                "l3_bytes": self.l3_bytes,
            },
            "inputs": [_tensor_json(t) for t in self.inputs],
            "outputs": [_tensor_json(t) for t in self.outputs],
            "states": [{**_tensor_json(s.tensor), **_buffer_json(s.place)} for s in self.states],
            "tensors": {name: _buffer_json(buffer) for name, buffer in self.tensors.items()},
            "near": {name: _buffer_json(buffer) for name, buffer in self.near.items()},
            "aliases": dict(self.aliases),
            "offsets": {name: offset for name, offset in self.offsets.items() if offset},
            "order": [list(step) for step in self.order],
            "away": {name: _buffer_json(buffer) for name, buffer in self.away.items()},
            "chains": [list(chain) for chain in self.chains],
            "chunks": [
                {
                    "l3": _buffer_json(c.source),
                    "l2_ring": _buffer_json(c.place),
                    "started": c.started,
                    "needed": c.needed,
                    "last": c.last,
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
        "first_row": part.first_row,
        "rows": height(part.layer.outputs[0].shape),
        "parameters": dict(part.parameters),
        "l1": {name: _buffer_json(buffer) for name, buffer in part.l1.items()},
        "ahead": {name: _buffer_json(buffer) for name, buffer in part.ahead.items()},
        "near": sorted(part.near),
        "constants": {name: _buffer_json(buffer) for name, buffer in part.constants.items()},
        "loads": [{"tensor": m.tensor, "l3": _buffer_json(m.place)} for m in part.loads],
        "stores": [{"tensor": m.tensor, "l3": _buffer_json(m.place)} for m in part.stores],
        "streamed": {name: vars(slot) for name, slot in part.streamed.items()},
    }
