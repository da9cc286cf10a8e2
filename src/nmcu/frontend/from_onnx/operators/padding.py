"""auto_pad and pads as explicit numbers."""

from collections.abc import Sequence

from nmcu.frontend.from_onnx.context import Context


def explicit(
    c: Context, size: Sequence[int], kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> tuple[int, ...]:
    """Pads at the beginning of each spatial axis, then at the end of each."""
    if min(*kernel, *strides, *dilations) < 1:
        raise c.error(
            f"kernel {tuple(kernel)}, strides {tuple(strides)}, dilations {tuple(dilations)}: must be >= 1"
        )
    mode = c.attribute("auto_pad", "NOTSET")
    if mode == "NOTSET":
        pads = c.ints("pads", 2 * len(size), 0)
        if min(pads) < 0:
            raise c.error(f"pads {pads} are negative; supported: 0 and more")
        return pads
    if mode == "VALID":
        return (0,) * (2 * len(size))
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        raise c.error(f"auto_pad {mode!r} is not known; supported: NOTSET, VALID, SAME_UPPER, SAME_LOWER")
    small, large = [], []
    for n, k, s, d in zip(size, kernel, strides, dilations, strict=True):
        total = max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n)
        small.append(total // 2)
        large.append(total - total // 2)
    return (*small, *large) if mode == "SAME_UPPER" else (*large, *small)
