"""Which compiler runs what nmcu does not, by the names that users write."""

from nmcu.errors import NmcuError
from nmcu.frontend import Fallback
from nmcu.iree import Region

FALLBACKS = {"iree": Fallback(Region), "iree-alone": Fallback(Region, alone=True)}
"""IREE runs the nodes that no reader of nmcu's knows; or all of them, for comparison."""


def fallback_of(name: str | None) -> Fallback | None:
    """What runs nodes that nmcu does not; raises `NmcuError` naming the known ones."""
    if name is None:
        return None
    if name not in FALLBACKS:
        raise NmcuError(f"unknown fallback {name!r}; known: {', '.join(FALLBACKS)}")
    return FALLBACKS[name]
