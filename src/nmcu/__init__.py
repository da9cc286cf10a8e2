"""nmcu: N:M-sparse int8 networks on multi-core RISC-V microcontrollers.

model = nmcu.load("model.tflite")                   # the integer graph
program = nmcu.compile(model, "cluster8")           # plan, C and ELF
report = nmcu.run(program, {"input": array})        # outputs, cycles per layer, equal to the reference?
accuracy = nmcu.evaluate(model, "test.parquet")     # the same program on this machine, over a data set
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nmcu.api import Accuracy, CompiledModel, RunReport, compile, evaluate, load, run

__all__ = ["Accuracy", "CompiledModel", "RunReport", "compile", "evaluate", "load", "run"]


def __getattr__(name: str) -> Any:
    """The public functions, imported when first used: a room can be imported without all the others."""
    if name in __all__:
        from nmcu import api

        return getattr(api, name)
    raise AttributeError(f"module 'nmcu' has no attribute {name!r}")
