"""SAME and VALID padding as explicit numbers."""

from collections.abc import Sequence

from nmcu.frontend.from_tflite.context import Context

SAME, VALID = 0, 1


def explicit(
    c: Context,
    padding: int,
    size: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int] = (1, 1),
) -> tuple[int, int, int, int]:
    """(top, left, bottom, right); SAME puts the odd element at the end."""
    if min(*kernel, *strides, *dilations) < 1:
        raise c.error(
            f"kernel {tuple(kernel)}, strides {tuple(strides)}, dilations {tuple(dilations)}: all must be >= 1"
        )
    if padding == VALID:
        return 0, 0, 0, 0
    if padding != SAME:
        raise c.error(f"padding {padding} is not known; supported: SAME and VALID")
    before, after = [], []
    for axis in (0, 1):
        outputs = -(-size[axis] // strides[axis])
        span = dilations[axis] * (kernel[axis] - 1) + 1
        total = max(0, (outputs - 1) * strides[axis] + span - size[axis])
        before.append(total // 2)
        after.append(total - total // 2)
    return before[0], before[1], after[0], after[1]
