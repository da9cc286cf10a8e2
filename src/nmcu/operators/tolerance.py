"""How far an operator may be from a runtime that is right."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerance:
    """Steps of the output's scale between the reference and ONNX Runtime or LiteRT, on the same inputs; `why`: what
    rounds where.

    An operator that says nothing may differ by one step.
    """

    onnx: int = 1
    litert: int = 1
    why: str = ""


ONE_STEP = Tolerance()
EXACT = Tolerance(0, 0, "moves or picks integers, or clamps them")
FLOAT = Tolerance(0, 0, "float32; float outputs are compared by their own measure (docs/semantics.md)")
"""Layers of float sections."""
