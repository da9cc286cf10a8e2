"""What the readers made of a model file, proven against the runtime that others run it with."""

from nmcu.judge import Judge
from nmcu.verify.compare import compare
from nmcu.verify.finding import Comparison, Finding, OutputDifference

__all__ = ["Comparison", "Finding", "Judge", "OutputDifference", "compare"]
