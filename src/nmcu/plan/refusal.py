"""What a chip has too little memory for, and how much would do."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from nmcu.errors import PlanError
from nmcu.kernels.kernel import align
from nmcu.targets import MemoryHierarchy, Role, Target

TRIES = 12
"""Sizes of memory that are planned for to find one that does."""
STEP_BYTES = 1024


class NoRoom(PlanError):
    """Something does not fit the memory with a role, which would have to be about `more` bytes larger. `needed` are
    bytes that activations would have to leave, where it is them that take too much."""

    def __init__(self, found: str, role: Role, more: int, needed: int = 0) -> None:
        super().__init__(found)
        self.role, self.more, self.needed = role, more, needed


def smallest(refusals: Sequence[PlanError]) -> PlanError:
    """Of refusals of one network for one chip the one that asks for the least memory, where that is the question."""
    asking = [refusal for refusal in refusals if isinstance(refusal, NoRoom)]
    return min(asking, key=lambda refusal: refusal.more, default=refusals[-1])


def with_enough(refusal: NoRoom, target: Target, plan: Callable[[Target, int], object]) -> PlanError:
    """The refusal of `target` with the sizes of memory that would do: those in which `plan` finds room, which is handed
    a chip and what activations are known to have to leave."""
    sizes: dict[str, int] = {}
    found, chip, needed = refusal, target, 0
    for _ in range(TRIES):
        level, needed = chip.memory.level(found.role), max(needed, found.needed)
        name = _NAMES[Role.WORKING if Role.WORKING in level.roles else found.role]
        sizes[name] = align(level.size + max(found.more, STEP_BYTES), STEP_BYTES)
        chip = _with_size(chip, found.role, sizes[name])
        try:
            plan(chip, needed)
            plan(chip, 0)  # as somebody who has this memory does
        except NoRoom as next_one:
            found = next_one
            continue
        except PlanError:
            break
        enough = " and ".join(f"{name} of {size:,} bytes" for name, size in sizes.items())
        return PlanError(f"{refusal}: {enough} would do, or a smaller input or network")
    return PlanError(f"{refusal}: use a sparser or smaller network")


_NAMES = {
    Role.COMPUTE: "a compute memory",
    Role.WORKING: "a working memory",
    Role.BULK: "a bulk memory",
    Role.FLASH: "a flash",
}


def _with_size(target: Target, role: Role, size: int) -> Target:
    levels = (replace(level, size=size) if role in level.roles else level for level in target.memory.levels)
    return replace(target, memory=MemoryHierarchy(tuple(levels), target.memory.links))
