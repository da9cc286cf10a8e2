"""What a chip is: one folder per target with `target.toml`, linker script, start-up code and HAL port."""

from nmcu.targets.target import Dma, EventUnit, Memory, Target, get, names

__all__ = ["Dma", "EventUnit", "Memory", "Target", "get", "names"]
