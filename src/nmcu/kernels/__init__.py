"""The C and assembly library, and beside each kernel what the planner needs to know of it."""

from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct, Value
from nmcu.kernels.choice import built_in, candidates, fits, refusal
from nmcu.kernels.gain import gain, no_gain, without_gain
from nmcu.kernels.kernel import Addresses, Candidate, Kernel, Machine
from nmcu.kernels.packed import Packed

__all__ = [
    "Addresses",
    "Body",
    "Candidate",
    "Expr",
    "Kernel",
    "Machine",
    "Packed",
    "Struct",
    "Value",
    "body",
    "built_in",
    "candidates",
    "fits",
    "gain",
    "no_gain",
    "refusal",
    "without_gain",
]
