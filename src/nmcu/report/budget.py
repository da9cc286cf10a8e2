"""Whether a program keeps within what a user allows of RAM and flash, and what takes most where it does not."""

from collections import defaultdict

from nmcu.errors import PlanError
from nmcu.plan import Plan
from nmcu.report.memory import ALL_WEIGHTS, BUFFER, WEIGHT, Block, blocks
from nmcu.report.names import label
from nmcu.report.units import size
from nmcu.report.usage import flash_of, ram_of, usage
from nmcu.targets.memory import Level
from nmcu.toolchain import Image

NAMED = 4
"""Contributors that the sentence names."""


def check_budget(
    model: str, plan: Plan, image: Image, max_ram: int | None = None, max_flash: int | None = None
) -> None:
    """Raises `PlanError` where the program takes more than `max_ram` or `max_flash` bytes, naming what takes most.

    RAM is compute and working memory with everything in them, stacks included. A target without flash keeps code and
    constants in RAM, where they count.
    """
    used, target = usage(image), plan.target
    if max_flash is not None and not used.flash_size:
        raise PlanError(f"{target.name} has no flash: code and constants lie in RAM, limit that instead")
    for what, taken, allowed, levels in (
        ("RAM", used.ram_bytes, max_ram, ram_of(target)),
        ("flash", used.flash_bytes, max_flash, flash_of(target)),
    ):
        if allowed is not None and taken > allowed:
            raise PlanError(
                f"{label(model)} takes {taken:,} bytes ({size(taken)}) of {what} on {target.name}, {allowed:,} are "
                f"allowed; the most take {_largest(blocks(plan, image), levels)}"
            )


def _largest(found: tuple[Block, ...], levels: frozenset[Level]) -> str:
    """The largest contributors: each layer's weights where they are stored, and of what shares a place with others the
    whole place, in each memory of its own."""
    names = {level.name for level in levels}
    stored = {block.memory for block in found if block.name == ALL_WEIGHTS}
    taken: dict[str, int] = defaultdict(int)
    places: dict[tuple[str, str], tuple[int, int]] = {}
    for block in found:
        if block.memory not in names or block.name == ALL_WEIGHTS:
            continue
        if block.kind == WEIGHT and block.memory in stored:
            taken[f"weights of {label(block.name, 40)}"] += block.bytes
            continue
        place = BUFFER if block.kind == WEIGHT else block.kind, block.memory
        begin, end = places.get(place, (block.address, block.address))
        places[place] = min(begin, block.address), max(end, block.address + block.bytes)
    for (kind, _), (begin, end) in places.items():
        taken[kind] += end - begin
    largest = sorted(taken.items(), key=lambda item: -item[1])[:NAMED]
    return ", ".join(f"{what} ({size(count)})" for what, count in largest)
