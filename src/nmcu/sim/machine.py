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
                "name": level.name,
                "base": level.base,
                "size": level.size,
                "banks": level.banks,
                "latency_cycles": level.latency_cycles,
                "core_access": level.core_access,
            }
            for level in target.memory.levels
        ],
        "dmas": [],
    }
    for link in target.memory.links:
        config["dmas"].append(
            {
                "name": link.name,
                "base": link.base,
                "near": link.near,
                "far": link.far,
                "bytes_per_10_cycles": round(link.bytes_per_cycle * 10),
                "latency_cycles": link.latency_cycles,
                "queue_per_core": link.queue_per_core,
                "queue_total": link.queue_total,
            }
        )
    if target.event_unit is not None:
        config["event_unit_base"] = target.event_unit.base
        config["wake_cycles"] = target.event_unit.wake_cycles
    return config
