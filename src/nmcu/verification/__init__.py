"""What the readers made of a model file, proven against the runtime that others run it with."""

from nmcu.judge import Judge
from nmcu.verification.compare import compare
from nmcu.verification.examine import Examiner
from nmcu.verification.finding import Comparison, Finding, OutputDifference
from nmcu.verification.given import Feed, from_images, from_npz, stacked
from nmcu.verification.model import verify
from nmcu.verification.short import short
from nmcu.verification.verdict import Fault, LayerSteps, Verdict

__all__ = [
    "Comparison",
    "Examiner",
    "Fault",
    "Feed",
    "Finding",
    "Judge",
    "LayerSteps",
    "OutputDifference",
    "Verdict",
    "compare",
    "from_images",
    "from_npz",
    "short",
    "stacked",
    "verify",
]
