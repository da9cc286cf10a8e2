"""The public Python API: a function for each step from a model file to a verified run, and what they return."""

from nmcu.api.compiled import CompiledModel
from nmcu.api.compiling import compile
from nmcu.api.demonstrating import Demo, demo
from nmcu.api.evaluating import evaluate
from nmcu.api.explaining import explain
from nmcu.api.inputs import read_inputs
from nmcu.api.inspecting import inspect
from nmcu.api.model import load
from nmcu.api.pruning import Pruned, prune
from nmcu.api.running import run
from nmcu.api.verifying import verify, verify_briefly
from nmcu.host import Accuracy
from nmcu.report import Explanation, Inspection, RunReport
from nmcu.verification import Verdict

__all__ = [
    "Accuracy",
    "CompiledModel",
    "Demo",
    "Explanation",
    "Inspection",
    "Pruned",
    "RunReport",
    "Verdict",
    "compile",
    "demo",
    "evaluate",
    "explain",
    "inspect",
    "load",
    "prune",
    "read_inputs",
    "run",
    "verify",
    "verify_briefly",
]
