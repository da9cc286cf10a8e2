"""From a target description to the simulator's configuration."""

from typing import Any

from nmcu.isa import InstructionSet
from nmcu.targets import Target

GROUPS = {"rv32": 0, "xcv": 1, "xdec": 2}
"""The instruction groups a core accepts, by instruction set."""


def group_of(isa: InstructionSet) -> int:
    """The highest instruction group of an instruction set."""
    return isa.best(GROUPS)


def config_of(target: Target) -> dict[str, Any]:
    """The target as the plain values that the simulator takes."""
    config: dict[str, Any] = {
        "cores": target.cores,
        "host_io_base": target.host_io_base,
        "memories": [
            {
                "name": name,
                "base": memory.base,
                "size": memory.size,
                "banks": memory.banks,
                "latency_cycles": memory.latency_cycles,
                "core_access": memory.core_access,
            }
            for name, memory in target.memory.items()
        ],
        "dmas": [],
    }
    for name, dma in target.dma.items():
        near, far = name.split("_")
        config["dmas"].append(
            {
                "name": name,
                "base": dma.base,
                "near": near,
                "far": far,
                "bytes_per_10_cycles": round(dma.bytes_per_cycle * 10),
                "latency_cycles": dma.latency_cycles,
                "queue_per_core": dma.queue_per_core,
                "queue_total": dma.queue_total,
            }
        )
    if target.event_unit is not None:
        config["event_unit_base"] = target.event_unit.base
        config["wake_cycles"] = target.event_unit.wake_cycles
    return config
