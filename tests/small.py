"""Targets with little memory, on which small networks need what large ones need elsewhere."""

import dataclasses
from pathlib import Path

from nmcu import targets
from nmcu.targets import MemoryHierarchy, Role, Target

CHIPS = Path(__file__).parent / "targets" / "chips"


def with_working(name: str, kib: float) -> Target:
    """A target with less working memory."""
    return _with(name, Role.WORKING, kib)


def with_compute(name: str, kib: float) -> Target:
    """A target with less compute memory; programs for it run on this machine alone if it has a linker script."""
    return _with(name, Role.COMPUTE, kib)


def _with(name: str, role: Role, kib: float) -> Target:
    target = targets.get(name) if name in targets.names() else Target.load(CHIPS / name)
    levels = [
        dataclasses.replace(level, size=int(kib * 1024)) if role in level.roles else level
        for level in target.memory.levels
    ]
    return dataclasses.replace(target, memory=MemoryHierarchy(tuple(levels), target.memory.links))
