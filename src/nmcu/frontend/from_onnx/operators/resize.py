"""Resize (and the old Upsample) of height and width."""

import numpy as np

from nmcu.frontend.from_onnx import device, layout
from nmcu.frontend.from_onnx.context import Context, finite
from nmcu.frontend.from_onnx.values import Move, Real
from nmcu.frontend.lower import resize as lower
from nmcu.frontend.lower.shape import named

MAX_SIZE = 2**14


def resize(c: Context) -> None:
    """Nearest and linear. Mixing neighbours keeps the quantisation, so no scale of its own is needed."""
    old = tuple(c.value(0).shape)
    mode = c.attribute("mode", "nearest")
    if len(old) != 4 or mode not in ("nearest", "linear"):
        raise c.error(f"mode {mode!r} on shape {old} is not supported; supported: nearest and linear on maps")
    if c.integer("antialias", 0) or c.attribute("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise c.error("antialias and keep_aspect_ratio_policy are not supported")
    sizes, scales = _sizes(c, old)
    new = (*old[:2], *sizes)
    if sizes == old[2:]:
        scales = (1.0, 1.0)  # as ONNX Runtime: nothing moves, whatever the scales
    rule = _rule(c)
    wanted = c.attribute("nearest_mode", "round_prefer_floor" if c.node.op == "Resize" else "floor")
    rounding = next((r for r in lower.ROUNDINGS if r == wanted), None)
    if rounding is None:
        raise c.error(f"nearest_mode {wanted!r} is not known")
    name, output = c.node.name, c.node.outputs[0]

    def step(given: Real) -> Real:
        value = device.plain(c, given)
        x = device.conform(c, value, layout.CHANNELS_LAST)
        y = named(x, output)
        if mode == "nearest":
            picks = (lower.picked(rule, rounding, old[2 + i], sizes[i], scales[i]) for i in (0, 1))
            made = lower.nearest(c.builder, name, x, y, *picks)
        else:
            places = (lower.coordinates(rule, old[2 + i], sizes[i], scales[i]) for i in (0, 1))
            made = lower.bilinear(c.builder, name, x, y, *places)
        return Real(made, new, layout.CHANNELS_LAST, mixed=name if mode == "linear" else value.mixed)

    device.move(c, 0, new, Move(step, mixes=name if mode == "linear" else ""))


def _sizes(c: Context, old: tuple[int, ...]) -> tuple[tuple[int, int], tuple[float, float]]:
    """New (height, width) and the scales the coordinates are computed with."""
    axes = tuple(c.attribute("axes", (0, 1, 2, 3)))
    if c.has(3):
        given = dict(zip(axes, c.constant_ints(3), strict=False))
        sizes = [given.get(a, d) for a, d in enumerate(old)]
        scales = [s / d for s, d in zip(sizes, old, strict=True)]
    elif c.has(2) or (c.has(1) and c.node.op == "Upsample"):
        values = c.constant(2 if c.has(2) else 1).astype(np.float64).reshape(-1)
        if not finite(values) or not (values > 0).all():
            raise c.error("scales must be positive and finite")
        found = dict(zip(axes, (float(v) for v in values), strict=False))
        scales = [found.get(a, 1.0) for a in range(len(old))]
        # As ONNX Runtime: a float32 product, so that 5 rows times 1.4 are 7.
        single = [float(np.float32(d) * np.float32(s)) for d, s in zip(old, scales, strict=True)]
        sizes = [int(min(s, 2.0**30)) for s in single]
    else:
        raise c.error("has neither scales nor sizes")
    if tuple(sizes[:2]) != old[:2] or not all(1 <= s <= MAX_SIZE for s in sizes[2:]):
        raise c.error(f"resizes {old} to {tuple(sizes)}; supported: height and width, 1 to {MAX_SIZE}")
    return (sizes[2], sizes[3]), (scales[2], scales[3])


def _rule(c: Context) -> lower.Rule:
    default = "half_pixel" if c.node.op == "Resize" else "asymmetric"
    mode = c.attribute("coordinate_transformation_mode", default)
    rule = next((rule for rule in lower.RULES if rule == mode), None)
    if rule is None:
        raise c.error(f"coordinate_transformation_mode {mode!r} is not supported")
    return rule
