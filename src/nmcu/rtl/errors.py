"""What can go wrong on the way to the RTL."""

from nmcu.errors import NmcuError


class RtlError(NmcuError):
    """A missing extra or compiler, or an installed core that the edits were not made for."""
