"""The plan of a network: every decision the code generator prints, as an immutable value that saves as JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nmcu.graph import Layer, TensorInfo
from nmcu.targets import Target


@dataclass(frozen=True)
class Buffer:
    """A byte range of one memory: `offset` from the start of the network's part of it."""

    offset: int
    bytes: int

    @property
    def end(self) -> int:
        return self.offset + self.bytes


@dataclass(frozen=True, eq=False)
class PlannedLayer:
    """One layer, the kernel that runs it and where its data lie.

    `kernel` is None for a layer that moves nothing because its output is its input (reshape). `l1` are its L1
    buffers, `constants` its packed constants, placed in the weights; `cycles`, `compute_cycles` and `dma_cycles` are
    predictions (see `kernels.Candidate`).
    """

    layer: Layer
    kernel: str | None
    parameters: Mapping[str, int]
    l1: Mapping[str, Buffer]
    constants: Mapping[str, Buffer]
    index_bytes: int
    cycles: int
    compute_cycles: int
    dma_cycles: int

    @property
    def name(self) -> str:
        return self.layer.name

    @property
    def l1_bytes(self) -> int:
        """L1 that the layer's buffers span."""
        return max((buffer.end for buffer in self.l1.values()), default=0)

    @property
    def constant_bytes(self) -> int:
        """Bytes of all packed constants: weights, positions, requantisation."""
        return sum(buffer.bytes for buffer in self.constants.values())


@dataclass(frozen=True, eq=False)
class Plan:
    """A network planned for a target: layers in order, activations in L2, packed constants.

    `tensors` places every activation that lives in the L2 arena; network inputs and outputs have memory of their own.
    Tensors that share memory because one is a reshape of the other have equal offsets.
    """

    target: Target
    isa: str
    layers: tuple[PlannedLayer, ...]
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    tensors: Mapping[str, Buffer]
    aliases: Mapping[str, str]
    weight_blob_bytes: int

    @property
    def l1_peak_bytes(self) -> int:
        return max((layer.l1_bytes for layer in self.layers), default=0)

    @property
    def arena_bytes(self) -> int:
        """L2 for activations between layers."""
        return max((buffer.end for buffer in self.tensors.values()), default=0)

    @property
    def l2_peak_bytes(self) -> int:
        """L2 for activations, network inputs and outputs, and constants; code comes on top."""
        return self.arena_bytes + self.weight_blob_bytes + sum(t.bytes for t in (*self.inputs, *self.outputs))

    @property
    def predicted_cycles(self) -> int:
        return sum(layer.cycles for layer in self.layers)

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON data: sizes and offsets in bytes, times in cycles."""
        return {
            "target": self.target.name,
            "isa": self.isa,
            "predicted_cycles": self.predicted_cycles,
            "memory": {
                "l1_peak_bytes": self.l1_peak_bytes,
                "l2_peak_bytes": self.l2_peak_bytes,
                "l2_arena_bytes": self.arena_bytes,
                "constant_bytes": self.weight_blob_bytes,
            },
            "inputs": [_tensor_json(t) for t in self.inputs],
            "outputs": [_tensor_json(t) for t in self.outputs],
            "tensors": {name: _buffer_json(buffer) for name, buffer in self.tensors.items()},
            "aliases": dict(self.aliases),
            "layers": [_layer_json(layer) for layer in self.layers],
        }

    def save(self, path: Path) -> None:
        """Writes the plan to `path` as JSON."""
        path.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")

    def __str__(self) -> str:
        lines = [f"plan for {self.target.name} ({self.isa}): {self.predicted_cycles:,} cycles predicted"]
        for layer in self.layers:
            kernel = layer.kernel or "no work"
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
        "kernel": layer.kernel,
        "parameters": dict(layer.parameters),
        "inputs": [t.name for t in layer.layer.inputs],
        "outputs": [t.name for t in layer.layer.outputs],
        "l1": {name: _buffer_json(buffer) for name, buffer in layer.l1.items()},
        "constants": {name: _buffer_json(buffer) for name, buffer in layer.constants.items()},
        "index_bytes": layer.index_bytes,
        "predicted": {
            "cycles": layer.cycles,
            "compute_cycles": layer.compute_cycles,
            "dma_cycles": layer.dma_cycles,
        },
    }
