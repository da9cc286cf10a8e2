"""Which compiler runs what nmcu does not, by the names that users write."""

from dataclasses import replace

from nmcu.errors import NmcuError
from nmcu.frontend import Fallback
from nmcu.iree import Region
from nmcu.registry import Registry

FALLBACKS = {"iree": Fallback(Region), "iree-alone": Fallback(Region, alone=True)}
"""IREE runs the nodes that nmcu does not; or all of them, for comparison."""


def fallback_of(name: str | None, registry: Registry | None = None) -> Fallback | None:
    """What runs nodes that nmcu, with the kernels of `registry`, does not; raises `NmcuError` naming the known ones."""
    if name is None:
        return None
    if name not in FALLBACKS:
        raise NmcuError(f"unknown fallback {name!r}; known: {', '.join(FALLBACKS)}")
    return replace(FALLBACKS[name], runs=(registry or Registry.installed()).runs)
