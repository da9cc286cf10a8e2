"""Whether a changed copy of a model still computes what the model of the user does."""

import copy

import torch
from torch import Tensor, nn

from nmcu.errors import NmcuError

TOLERANCE = 0.002
"""Largest difference of two float networks that do the same in another order, in parts of the largest output."""


def outputs(model: nn.Module, sample: Tensor) -> list[Tensor]:
    """What `model`, as it is, gives for `sample`, a single tensor or several; in-place operations leave that alone."""
    with torch.no_grad():
        result = model(sample.clone())
    return list(result) if isinstance(result, tuple | list) else [result]


def check_same(model: nn.Module, changed: nn.Module, sample: Tensor) -> None:
    """Raise `NmcuError` where `changed` gives something else for `sample` than `model` in evaluation mode.

    `changed` is in evaluation mode and float still: what differs by more than `TOLERANCE` is no rounding.
    """
    if sample.is_meta:
        return
    given = copy.deepcopy(model).eval()
    expected = outputs(given, sample)
    if _agree(expected, outputs(changed, sample)):
        return
    name = type(model).__name__
    if not _agree(expected, outputs(given, sample)):
        raise NmcuError(
            f"{name} gives another result each time in evaluation mode: call dropout with training=self.training, and "
            "take other random values out of forward()"
        )
    raise NmcuError(
        f"the copy of {name} made for quantisation computes something else than {name} on the sample, before any "
        "rounding. If forward() changes values in place that others share (x += 1 after y = x.view(...)), write "
        "x = x + 1; otherwise it is a fault of nmcu: please report it with the model"
    )


def check_alone(model: nn.Module, sample: Tensor) -> None:
    """Raise `NmcuError` where `model` gives inputs other results beside each other than each alone, as the device does.

    Where a result's batch lies is not known, as `model` may turn it: its values are compared in their order of size.
    """
    if sample.is_meta or len(sample) < 2:
        return
    own = copy.deepcopy(model).eval()
    together, first, second = (outputs(own, batch) for batch in (sample[:2], sample[:1], sample[1:2]))
    alone = [_sorted(a, b) for a, b in zip(first, second, strict=True)]
    if not _agree([_sorted(y) for y in together], alone):
        raise NmcuError(
            f"{type(model).__name__} gives another result for inputs side by side in a batch than for each alone, as "
            "they are on the device: it mixes them, as a mean, softmax or norm over the axis of the batch does; "
            "leave that axis alone, or turn it back before (it may have come elsewhere by a transpose)"
        )


def _sorted(*parts: Tensor) -> Tensor:
    return torch.cat([part.flatten() for part in parts]).sort().values


def _agree(expected: list[Tensor], found: list[Tensor]) -> bool:
    return all(_close(a, b) for a, b in zip(expected, found, strict=True))


def _close(expected: Tensor, found: Tensor) -> bool:
    finite = expected[expected.isfinite()].abs()
    largest = float(finite.max()) if len(finite) else 0.0
    return expected.shape == found.shape and torch.allclose(
        found, expected, rtol=0, atol=TOLERANCE * largest + 1e-6, equal_nan=True
    )
