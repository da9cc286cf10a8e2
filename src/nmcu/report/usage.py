"""What a linked program takes of a chip's memories."""

from dataclasses import dataclass

from nmcu.targets import Role, Target
from nmcu.targets.memory import Level
from nmcu.toolchain import Image
from nmcu.toolchain.image import section_places


@dataclass(frozen=True)
class Usage:
    """Bytes taken and there: of RAM (compute and working memory, stacks included), and of flash, 0 where a chip has
    none."""

    ram_bytes: int
    ram_size: int
    flash_bytes: int
    flash_size: int


def usage(image: Image) -> Usage:
    """What `image` takes: its sections where the linker placed them, and the cores' stacks."""
    target, places = image.target, section_places(image.elf).values()
    taken = {
        level: sum(size for address, size in places if level.base <= address < level.end)
        for level in target.memory.levels
    }
    flash, ram = flash_of(target), ram_of(target)
    return Usage(
        ram_bytes=sum(taken[level] for level in ram) + target.cores * target.stack_bytes,
        ram_size=sum(level.size for level in ram),
        flash_bytes=sum(taken[level] for level in flash),
        flash_size=sum(level.size for level in flash),
    )


def ram_of(target: Target) -> frozenset[Level]:
    """Compute and working memory: one level or two."""
    return frozenset(target.memory.level(role) for role in (Role.COMPUTE, Role.WORKING))


def flash_of(target: Target) -> frozenset[Level]:
    """The flash; nothing where a chip has none."""
    found = target.memory.find(Role.FLASH)
    return frozenset({found} if found else ())
