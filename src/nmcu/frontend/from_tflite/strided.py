"""What a strided slice takes of each axis, with the masks of the schema."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Masks:
    """The masks of a strided slice, a bit for each entry of its lists; with `offset` ends count from beginnings."""

    begin: int = 0
    end: int = 0
    ellipsis: int = 0
    new_axis: int = 0
    shrink: int = 0
    offset: bool = False

    @classmethod
    def read(cls, option: Callable[[str], int]) -> "Masks":
        """From the fields of the schema's table of options."""
        return cls(
            begin=option("BeginMask"),
            end=option("EndMask"),
            ellipsis=option("EllipsisMask"),
            new_axis=option("NewAxisMask"),
            shrink=option("ShrinkAxisMask"),
            offset=bool(option("Offset")),
        )


def strided(
    old: Sequence[int], begin: Sequence[int], end: Sequence[int], strides: Sequence[int], masks: Masks
) -> tuple[list[int], list[int], list[int]] | None:
    """(first, step, count) for each axis of shape `old`; None where the lists do not fit it."""
    first, step, count = [0] * len(old), [1] * len(old), list(old)
    axis = 0
    for i, (b, e, s) in enumerate(zip(begin, end, strides, strict=True)):
        bit = 1 << i
        if masks.ellipsis & bit:
            later = sum(not masks.new_axis >> j & 1 for j in range(i + 1, len(begin)))
            axis = len(old) - later
            continue
        if masks.new_axis & bit:
            continue
        if not 0 <= axis < len(old):
            return None
        e = b + e if masks.offset else e
        start, stop = None if masks.begin & bit else b, None if masks.end & bit else e
        if masks.shrink & bit:
            start, stop, s = b, b + 1 if b != -1 else None, 1
        low, high, _ = slice(start, stop, s).indices(old[axis])
        first[axis], step[axis], count[axis] = low, s, max(0, -((low - high) // s))
        axis += 1
    return first, step, count
