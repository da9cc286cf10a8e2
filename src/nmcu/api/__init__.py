"""The public Python API: a function for each step from a model file to a verified run, and what they return."""

from nmcu.api.comparing import compare
from nmcu.api.compiled import CompiledModel
from nmcu.api.compiling import compile
from nmcu.api.demonstrating import Demo, demo
from nmcu.api.evaluating import evaluate
from nmcu.api.explaining import explain
from nmcu.api.fitting import fit
from nmcu.api.function import LayerFunction, layer_function
from nmcu.api.inputs import read_inputs
from nmcu.api.inspecting import inspect
from nmcu.api.model import load, read
from nmcu.api.pruning import Pruned, prune
from nmcu.api.running import run
from nmcu.api.searching import search
from nmcu.api.sensing import sensitivity
from nmcu.api.verifying import verify, verify_briefly
from nmcu.host import Accuracy
from nmcu.layerwise import FloatComparison, Sensitivity
from nmcu.pareto import Front
from nmcu.report import Explanation, Fit, Inspection, RunReport
from nmcu.verification import Verdict

__all__ = [
    "Accuracy",
    "CompiledModel",
    "Demo",
    "Explanation",
    "Fit",
    "FloatComparison",
    "Front",
    "Inspection",
    "LayerFunction",
    "Pruned",
    "RunReport",
    "Sensitivity",
    "Verdict",
    "compare",
    "compile",
    "demo",
    "evaluate",
    "explain",
    "fit",
    "inspect",
    "layer_function",
    "load",
    "prune",
    "read",
    "read_inputs",
    "run",
    "search",
    "sensitivity",
    "verify",
    "verify_briefly",
]
