"""nmcu: N:M-sparse int8 networks on multi-core RISC-V microcontrollers.

model = nmcu.load("model.tflite")                     # the integer graph
nmcu.verify("model.tflite")                           # is it read right? against ONNX Runtime or LiteRT
nmcu.inspect(model)                                   # layers, shapes, zeros, N:M patterns
pruned = nmcu.prune(model, "1:8x4")                   # by magnitude; pruned.save("sparse.onnx")
program = nmcu.compile(pruned, "cluster8")            # plan, C and ELF
report = nmcu.run(program, array)                     # outputs, cycles per layer, equal to the reference?
nmcu.fit(pruned)                                      # which chips does it fit, and how fast is it there?
nmcu.explain(program, report)                         # which kernels could run each layer, and why these
accuracy = nmcu.evaluate(model, "test.parquet")       # the same program on this machine, over a data set
noise = nmcu.compare(model, "float.onnx", "test.parquet")   # where does int8 leave the float network?
front = nmcu.search(model, "test.parquet")            # which pattern in which layer: accuracy against cycles
function = nmcu.layer_function("conv1", weight, scale, bias, …)  # one layer as a C function, without a planner
found = nmcu.sensitivity(model, "test.parquet")       # what does pruning each layer alone cost, what does it gain?

What these return prints in a few lines, draws itself in a notebook, and has `save`, `to_json` and `to_frame`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nmcu import bench as bench
    from nmcu import errors as errors
    from nmcu import graph as graph
    from nmcu import host as host
    from nmcu import isa as isa
    from nmcu import judge as judge
    from nmcu import kernels as kernels
    from nmcu import layerwise as layerwise
    from nmcu import operators as operators
    from nmcu import plan as plan
    from nmcu import registry as registry
    from nmcu import report as report
    from nmcu import rtl as rtl
    from nmcu import sim as sim
    from nmcu import sparsity as sparsity
    from nmcu import targets as targets
    from nmcu import testing as testing
    from nmcu import toolchain as toolchain
    from nmcu import train as train
    from nmcu import verification as verification
    from nmcu.api import (
        Accuracy,
        CompiledModel,
        Demo,
        Explanation,
        Fit,
        FloatComparison,
        Front,
        Inspection,
        LayerFunction,
        Pruned,
        RunReport,
        Sensitivity,
        Verdict,
        compare,
        compile,
        demo,
        evaluate,
        explain,
        fit,
        inspect,
        layer_function,
        load,
        prune,
        run,
        search,
        sensitivity,
        verify,
    )
    from nmcu.errors import NmcuError, NoGainWarning

_ROOMS = (
    *(
        "bench",
        "errors",
        "graph",
        "host",
        "isa",
        "judge",
        "kernels",
        "layerwise",
        "operators",
        "plan",
        "registry",
        "report",
    ),
    *("rtl", "sim", "sparsity", "targets", "testing", "toolchain", "train", "verification"),
)
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
    "NmcuError",
    "NoGainWarning",
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
    "run",
    "search",
    "sensitivity",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Functions, results and rooms, imported when first used: a room can be imported without all the others."""
    if name in _ROOMS:
        try:
            return import_module(f"nmcu.{name}")
        except ImportError as error:  # of an extra that is not installed: `help(nmcu)` looks at all names
            raise AttributeError(str(error)) from error
    if name in __all__:
        return getattr(import_module("nmcu.errors" if name.startswith("N") else "nmcu.api"), name)
    raise AttributeError(f"module 'nmcu' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_ROOMS, *(name for name in globals() if name.startswith("__"))})
