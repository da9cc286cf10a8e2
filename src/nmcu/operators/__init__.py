"""Operators: for each its class, how models say it, how it is written and trained. One file each, found by scanning."""

from nmcu.operators.files import check_suffix, load, parse, save
from nmcu.operators.known import built_in, readers, writers
from nmcu.operators.operator import Operator, Training
from nmcu.operators.tolerance import EXACT, ONE_STEP, Tolerance

__all__ = [
    "EXACT",
    "ONE_STEP",
    "Operator",
    "Tolerance",
    "Training",
    "built_in",
    "check_suffix",
    "load",
    "parse",
    "readers",
    "save",
    "writers",
]
