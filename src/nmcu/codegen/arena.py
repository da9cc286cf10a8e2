"""The memory that the caller gives a network, and what lies where in it."""

from collections.abc import Mapping
from dataclasses import dataclass

from nmcu.graph import TensorInfo
from nmcu.kernels.kernel import align
from nmcu.plan import Plan

HEAD_BYTES = 48
"""What the arena begins with (`head_t` of the generated code), with 64-bit pointers, too."""
ALIGNMENT = 16
"""Of each memory that the caller gives."""
TENSOR_ALIGNMENT = 4
"""Of inputs and outputs: kernels read and write words."""


@dataclass(frozen=True)
class Arena:
    """Sizes in bytes of what the caller gives, and places in it.

    `memories` are `arena`, in working memory, and where a plan needs them `fast`, in compute memory, and `bulk`, in
    bulk memory. `places` maps what lies there to the memory and the offset in bytes; `copied` are outputs that are made
    in the arena and copied from there at the end of a run.
    """

    memories: Mapping[str, int]
    places: Mapping[str, tuple[str, int]]
    copied: tuple[TensorInfo, ...]

    @staticmethod
    def of(plan: Plan) -> "Arena":
        staged = plan.target.memory.staged
        inputs = {t.name for t in plan.inputs}
        copied = tuple(t for t in plan.outputs if t.name not in inputs and not staged and t.bytes % 4)
        memories = {"arena": HEAD_BYTES, "fast": 0, "bulk": plan.spill_bytes}
        places: dict[str, tuple[str, int]] = {"l3": ("bulk", 0)} if plan.spill_bytes else {}
        for name, size, memory in (
            ("l1", plan.l1_peak_bytes, "fast" if staged else "arena"),
            ("state", plan.state_bytes, "arena"),
            ("l2", plan.arena_bytes, "arena"),
            ("ring", plan.ring_bytes, "arena"),
            ("tickets", 4 * len(plan.chunks), "arena"),
            *((output(t), t.bytes, "arena") for t in copied),
        ):
            if size:
                places[name] = memory, memories[memory]
                memories[memory] += align(size)
        return Arena({name: size for name, size in memories.items() if size}, places, copied)

    def offset(self, place: str) -> int:
        """Where `place` begins, in bytes from the start of its memory."""
        return self.places[place][1]


def output(tensor: TensorInfo) -> str:
    """The place of an output that is copied."""
    return f"output {tensor.name}"
