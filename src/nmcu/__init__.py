"""nmcu: N:M-sparse int8 networks on multi-core RISC-V microcontrollers.

model = nmcu.load("model.tflite")                   # the integer graph
program = nmcu.compile(model, "cluster8")           # plan, C and ELF
report = nmcu.run(program, {"input": array})        # outputs, cycles per layer, equal to the reference?
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nmcu.api import CompiledModel, RunReport, compile, load, run

__all__ = ["CompiledModel", "RunReport", "compile", "load", "run"]


def __getattr__(name: str) -> Any:
    """The public functions, imported when first used: a room can be imported without all the others."""
    if name in __all__:
        from nmcu import api

        return getattr(api, name)
    raise AttributeError(f"module 'nmcu' has no attribute {name!r}")
