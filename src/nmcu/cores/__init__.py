"""Kinds of cores: what instructions cost them, and their RTL where there is any."""

from nmcu.cores.core import Core, Rtl, Timing, get, names

__all__ = ["Core", "Rtl", "Timing", "get", "names"]
