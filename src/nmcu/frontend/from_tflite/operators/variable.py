"""CALL_ONCE, VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE: state that lasts from run to run."""

from dataclasses import replace

import numpy as np
import tflite

from nmcu.errors import ModelError
from nmcu.frontend.from_tflite.context import Context
from nmcu.frontend.from_tflite.variables import Variable, initial
from nmcu.frontend.lower.shape import device_shape
from nmcu.graph import TensorInfo


def call_once(c: Context) -> None:
    """A subgraph that assigns constants to variables: their initial values."""
    number = c.options(tflite.CallOnceOptions).InitSubgraphIndex()
    if number not in c.file.called:
        raise c.error(f"it runs subgraph {number}, which the file does not have")
    c.initial |= initial(c.file.called[number])


def handle(c: Context) -> None:
    """Handles with the same container and shared name are one variable."""
    c.options(tflite.VarHandleOptions)


def read(c: Context) -> None:
    """What the last run assigned, or this one where it does so before; the initial value in the first."""
    variable, y = _variable(c), replace(c.y(), shape=c.device_shape())
    if variable not in c.assigned and variable not in c.states:
        c.states[variable] = _begun(c, variable, y)
    held = c.assigned.get(variable) or c.states[variable]
    c.write(_same(variable, held, y))


def assign(c: Context) -> None:
    """The value that later reads give, in this run and the next; shape, type and scale are those of the reads."""
    c.assigned[_variable(c)] = c.operand(1)


def finish(c: Context) -> None:
    """Let every variable that is read have in the next run what was assigned last in this one."""
    for variable, state in c.states.items():
        if variable in c.assigned:
            c.builder.keep(state, _same(variable, c.assigned[variable], state))


def _variable(c: Context) -> Variable:
    handle = c.op.inputs[0] if c.op.inputs else -1
    if handle not in c.handles:
        raise c.error("its first input is no handle of a variable (VAR_HANDLE)")
    return c.handles[handle]


def _begun(c: Context, variable: Variable, y: TensorInfo) -> TensorInfo:
    """The state, as it is before the first run."""
    value, read = c.initial.get(variable), c.file.tensors[c.op.outputs[0]]
    if value is None or value.data is None:
        raise c.error(
            f"variable {variable.name!r} is read before anything is assigned to it: its initial value is missing, "
            "which a subgraph that CALL_ONCE runs would assign"
        )
    if value.shape != read.shape or value.dtype != read.dtype:
        raise c.error(
            f"variable {variable.name!r} is initialised as {value.dtype} of shape {value.shape} and read as "
            f"{read.dtype} of shape {read.shape}: equal ones are needed"
        )
    codes = (value.data ^ 128).view(np.int8) if value.dtype == "uint8" else value.data
    return c.builder.state(replace(y, name=variable.name), codes.reshape(device_shape(read.shape)))


def _same(variable: Variable, value: TensorInfo, read: TensorInfo) -> TensorInfo:
    """`value` where it has the shape and scale with which the variable is read."""
    (a, b), (d, e) = value.quant, read.quant
    if value.shape != read.shape or b != e or not 255 * abs(a / d - 1) < 0.5:
        raise ModelError(
            f"variable {variable.name!r} is assigned a tensor of shape {value.shape}, scale {a:g} and zero point {b}, "
            f"and read with shape {read.shape}, scale {d:g} and zero point {e}: equal ones are needed"
        )
    return value
