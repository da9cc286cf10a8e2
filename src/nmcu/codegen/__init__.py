"""Plan to C text."""

from nmcu.codegen.emit import emit, library_files
from nmcu.codegen.program import Port, Program

__all__ = ["Port", "Program", "emit", "library_files"]
