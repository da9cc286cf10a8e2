"""The C and assembly library, and beside each kernel what the planner needs to know of it."""

from nmcu.kernels.cdata import Expr, Struct, Value
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine
from nmcu.kernels.packed import Packed
from nmcu.kernels.registry import KERNELS, candidates, fits, get

__all__ = [
    "KERNELS",
    "Addresses",
    "Candidate",
    "Expr",
    "Kernel",
    "Machine",
    "Packed",
    "Struct",
    "Value",
    "candidates",
    "fits",
    "get",
]
