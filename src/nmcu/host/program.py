"""The program of a device's plan for this machine: the same kernels, tiles and constants, with portable bodies."""

from dataclasses import replace

from nmcu import codegen
from nmcu.codegen import Program
from nmcu.errors import PlanError
from nmcu.isa import PORTABLE
from nmcu.kernels.kernel import Kernel
from nmcu.plan import Plan

ISA = PORTABLE
"""The instruction set of programs for this machine."""


def program_of(plan: Plan, name: str | None = None) -> Program:
    """The program that the device of `plan` would run, for this machine; outputs are the same bit for bit.
    Its functions begin with `name` where one is given.

    Raises `PlanError` where a kernel has no portable body.
    """
    for layer in plan.layers:
        if layer.kernel and not _is_portable(layer.kernel):
            raise PlanError(
                f"layer {layer.name!r}, planned for {plan.isa}, runs {layer.kernel.name}, which has no portable body: "
                "plan for another instruction set (--isa) or with other kernels, the results are the same"
            )
    program = codegen.emit(plan, bodies=ISA, name=name)
    staged = {name: value for name, value in plan.target.defines.items() if name == "NMCU_STAGED"}
    return replace(program, defines={**program.defines, **staged})


def _is_portable(kernel: Kernel) -> bool:
    try:
        return bool(kernel.library(ISA))
    except KeyError:
        return False
