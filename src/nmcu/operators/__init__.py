"""Operators: for each its class, how models say it, how it is written and trained. One file each, found by scanning."""

from nmcu.operators.files import check_suffix, load, parse, save
from nmcu.operators.known import built_in, readers, writers
from nmcu.operators.operator import Operator, Training

__all__ = [
    "Operator",
    "Training",
    "built_in",
    "check_suffix",
    "load",
    "parse",
    "readers",
    "save",
    "writers",
]
