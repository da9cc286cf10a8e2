"""Which pattern in which layer: the exact optimum of an additive model, refined on real evaluations; a Pareto front."""

from nmcu.pareto.assignment import DENSE, Assignment, uniform
from nmcu.pareto.budget import Budget
from nmcu.pareto.front import Front, Point
from nmcu.pareto.local import explored
from nmcu.pareto.measure import Measure, Measured
from nmcu.pareto.networks import Networks
from nmcu.pareto.refine import refine
from nmcu.pareto.surrogate import Option, Surrogate

__all__ = [
    "DENSE",
    "Assignment",
    "Budget",
    "Front",
    "Measure",
    "Measured",
    "Networks",
    "Option",
    "Point",
    "Surrogate",
    "explored",
    "refine",
    "uniform",
]
