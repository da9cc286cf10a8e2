"""Plan to C text."""

from nmcu.codegen.emit import emit
from nmcu.codegen.program import Port, Program

__all__ = ["Port", "Program", "emit"]
