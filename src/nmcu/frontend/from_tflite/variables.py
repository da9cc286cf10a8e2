"""The variables of a TFLite file: whom a handle stands for, what they hold before the first run, what runs change."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import tflite

from nmcu.errors import ModelError
from nmcu.frontend.from_tflite import file as tf
from nmcu.frontend.needed import needed


@dataclass(frozen=True)
class Variable:
    """Handles that have container and (shared) name in common stand for one variable, in all subgraphs."""

    container: str
    name: str


def handles(file: tf.File) -> dict[int, Variable]:
    """The variable that each tensor that is a handle stands for."""
    found = {}
    for operator in file.operators:
        if operator.code == "VAR_HANDLE" and operator.outputs:
            found[operator.outputs[0]] = _variable(operator)
    return found


def _variable(operator: tf.Operator) -> Variable:
    options = tflite.VarHandleOptions()
    if operator.options is None or operator.options_type != tflite.BuiltinOptions.VarHandleOptions:
        return Variable("", "")
    options.Init(operator.options.Bytes, operator.options.Pos)
    try:
        names = options.Container(), options.SharedName()
    except tf.DAMAGE as error:
        raise ModelError("the options of a VAR_HANDLE lie outside the TFLite file") from error
    return Variable(*((name or b"").decode("utf-8", "replace") for name in names))


def initial(file: tf.File) -> dict[Variable, tf.Tensor]:
    """What the variables that `file`, a subgraph that runs once, assigns get: constants. Raises `ModelError`."""
    known, found = handles(file), {}
    for operator in file.operators:
        if operator.code == "ASSIGN_VARIABLE":
            handle, value = pair(operator)
            if handle in known and file.tensors[value].data is not None:
                found[known[handle]] = file.tensors[value]
                continue
        if operator.code != "VAR_HANDLE":
            raise ModelError(
                f"the subgraph that CALL_ONCE runs has the operator {operator.code}, which is more than assigning a "
                "constant to a variable"
            )
    return found


def pair(operator: tf.Operator) -> tuple[int, int]:
    """Handle and value of an ASSIGN_VARIABLE."""
    if len(operator.inputs) != 2 or -1 in operator.inputs:
        raise ModelError(
            f"ASSIGN_VARIABLE has {len(operator.inputs)} inputs; a handle and a value are needed"
        )
    return operator.inputs[0], operator.inputs[1]


@dataclass(frozen=True)
class _Step:
    """An operator, with the variables among what it reads and writes."""

    operator: tf.Operator
    inputs: Sequence[Hashable]
    outputs: Sequence[Hashable]


def alive(file: tf.File) -> list[tf.Operator]:
    """The operators that an output depends on, in this run or in later ones."""
    known = handles(file)
    steps = [_step(operator, known) for operator in file.operators]
    wanted: set[Hashable] = set(file.outputs)
    while True:
        kept = needed(steps, wanted)
        read = {v for step in kept if step.operator.code == "READ_VARIABLE" for v in step.inputs} - wanted
        if not read:
            return [step.operator for step in kept]
        wanted |= read


def _step(operator: tf.Operator, known: dict[int, Variable]) -> _Step:
    variables = [known[i] for i in operator.inputs if i in known]
    if operator.code == "ASSIGN_VARIABLE":
        return _Step(operator, operator.inputs, variables)
    if operator.code == "CALL_ONCE":
        return _Step(operator, (), [*known.values()])
    return _Step(operator, [*operator.inputs, *variables], operator.outputs)
