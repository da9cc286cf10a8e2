"""Plan to C text."""

from nmcu.codegen.arena import Arena
from nmcu.codegen.emit import emit
from nmcu.codegen.program import Interface, Port, Program

__all__ = ["Arena", "Interface", "Port", "Program", "emit"]
