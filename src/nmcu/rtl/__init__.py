"""Ground truth: the real core's RTL in the simulator's platform, extensions in it, and their area.

Needs the extra `nmcu[rtl]` and a C++ compiler.
"""

from nmcu.rtl.errors import RtlError
from nmcu.rtl.simulate import simulate
from nmcu.rtl.synthesis import Area, area

__all__ = ["Area", "RtlError", "area", "simulate"]
