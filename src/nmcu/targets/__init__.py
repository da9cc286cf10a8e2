"""What a chip is: a folder with `target.toml` and, where the defaults do not do, linker script and HAL port."""

from nmcu.targets.memory import Level, Link, MemoryHierarchy, Role
from nmcu.targets.target import EventUnit, Target, get, names

__all__ = ["EventUnit", "Level", "Link", "MemoryHierarchy", "Role", "Target", "get", "names"]
