"""The noise that int8 adds to a layer's result, and where it comes from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from nmcu.graph import Layer
from nmcu.graph.op import Array
from nmcu.layerwise.float_model import Floats
from nmcu.layerwise.match import quantised, real

FOUR_TIMES = 4.0
"""Noise of layers before counts as the cause where it is this often a layer's own: 6 dB."""
UNUSED = 0.25
"""A share of the range of int8 that is worth a word."""


@dataclass(frozen=True)
class Noise:
    """Sums over the values of a layer's result, in squares of their unit: of the float network's (`signal`), of the
    int8 network's difference (`total`), of the layer's `own` difference where it reads what the float network reads, of
    what the nearest int8 values differ by (`rounded`) and the part of that outside the range (`clipped`)."""

    values: int
    signal: float
    total: float
    own: float
    rounded: float
    clipped: float
    outside: int
    """Values outside the range of the output's int8."""
    saturated: int
    """Values of the int8 network at an end of int8."""
    least: float
    most: float
    """Of the float network's values."""

    def __add__(self, other: "Noise") -> "Noise":
        joined = {each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)}
        return Noise(**{**joined, "least": min(self.least, other.least), "most": max(self.most, other.most)})

    @property
    def snr_db(self) -> float:
        """Signal to noise of the result in the int8 network."""
        return _db(self.signal, self.total)

    @property
    def own_snr_db(self) -> float:
        """Signal to noise of the layer alone."""
        return _db(self.signal, self.own)

    @property
    def rounded_snr_db(self) -> float:
        """Signal to noise of the nearest int8 values: what the output's scale and zero point allow."""
        return _db(self.signal, self.rounded)


def measured(layer: Layer, ours: Array, alone: Array, theirs: Floats) -> Noise:
    """The noise of `ours`, the result in the int8 network, and of the layer `alone`, against the float network's."""
    (info,) = layer.outputs
    scale, zero = info.quant
    wanted = theirs.astype(np.float64)
    nearest = (real(info, quantised(info, theirs)) - wanted) ** 2
    # Half a step beyond an end is rounding, as anywhere else.
    outside = (wanted < (-128.5 - zero) * scale) | (wanted > (127.5 - zero) * scale)
    return Noise(
        values=wanted.size,
        signal=float((wanted**2).sum()),
        total=float(((real(info, ours) - wanted) ** 2).sum()),
        own=float(((real(info, alone) - wanted) ** 2).sum()),
        rounded=float(nearest.sum()),
        clipped=float(nearest[outside].sum()),
        outside=int(np.count_nonzero(outside)),
        saturated=int(np.count_nonzero((ours == -128) | (ours == 127))),
        least=float(wanted.min()),
        most=float(wanted.max()),
    )


def parameter(layer: Layer, noise: Noise, read: Sequence[Noise]) -> tuple[str, str]:
    """Which quantisation parameter to look at, in a word, and why, in a sentence; `read` is the noise of what the layer
    reads."""
    (info,) = layer.outputs
    scale, zero = info.quant
    low, high = (-128 - zero) * scale, (127 - zero) * scale
    if noise.own == 0:
        return "none", "nothing is lost"
    if noise.total > FOUR_TIMES * noise.own:
        return "input", f"the layers before it: alone this one has {noise.own_snr_db:.1f} dB"
    if 2 * noise.clipped > noise.own:
        share = 100 * noise.outside / noise.values
        return "output range", (
            f"{share:.2g} % of the values lie outside {low:.3g} to {high:.3g}, which int8 holds: the float network "
            f"has {noise.least:.3g} to {noise.most:.3g}"
        )
    worst = min((each.rounded_snr_db for each in read), default=math.inf)
    if worst < min(noise.own_snr_db, noise.rounded_snr_db) + 3:
        return "input", f"what it reads has {worst:.1f} dB once it is int8, whatever computes it"
    below = (zero + 128) / 255
    if noise.least >= -scale and below > UNUSED and 2 * noise.rounded > noise.own:
        return (
            "zero point",
            f"nothing is negative, but {100 * below:.0f} % of int8 lies below the zero point {zero}",
        )
    if 2 * noise.rounded > noise.own:
        used = (noise.most - noise.least) / (255 * scale)
        if used < 1 - UNUSED:
            return (
                "output scale",
                f"the values span {100 * used:.0f} % of int8: a smaller scale would hold them",
            )
        return "output scale", "rounding to eight bits: the range is used well, it has outliers at most"
    return "weight scale", _of_weights(layer)


def _of_weights(layer: Layer) -> str:
    weights = [w for w in layer.weights if w.ndim > 1]
    if not weights:
        return "it has no weights: its inputs' scales, or what it approximates"
    widest = np.concatenate([np.abs(w.astype(np.int32)).reshape(len(w), -1).max(axis=1) for w in weights])
    scales = set(getattr(layer.op, "weight_scale", ()))
    least = int(widest.min())
    if len(scales) == 1 and len(widest) > 1 and least < 64:
        return f"all {len(widest)} channels share a scale, of which one uses {least} of 127 steps: take one for each"
    return f"rounding of weights: channels use {least} of 127 steps at least"


def _db(signal: float, noise: float) -> float:
    if noise == 0:
        return math.inf
    return 10 * math.log10(signal / noise) if signal > 0 else -math.inf
