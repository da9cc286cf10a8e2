"""Ground truth: the real core's RTL in the simulator's platform, extensions in it, and their area.

Needs the extra `nmcu[rtl]` and a C++ compiler.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from nmcu.rtl.errors import RtlError
from nmcu.rtl.simulate import simulate
from nmcu.rtl.synthesis import Area, area

__all__ = ["Area", "RtlError", "area", "simulate"]

if TYPE_CHECKING:
    from nmcu.rtl import fuzz as fuzz


def __getattr__(name: str) -> ModuleType:
    """`nmcu.rtl.fuzz`, imported when it is first used: every run imports this package."""
    if name == "fuzz":
        return import_module("nmcu.rtl.fuzz")
    raise AttributeError(f"module 'nmcu.rtl' has no attribute {name!r}")
