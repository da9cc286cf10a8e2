"""The C of one layer: IREE's schedule as calls of the executor."""

from collections.abc import Iterator, Sequence

from nmcu.iree.fragment import Fragment
from nmcu.iree.schedule import Command, Copy, Dispatch, Fill, Range

CONSTANTS, TRANSIENT, FIRST_PORT = 0, 1, 2
"""Numbers of buffers: inputs follow, then outputs."""


def header_text(fragment: Fragment) -> str:
    """`NAME.h`: what the network's code names of it."""
    guard = f"{fragment.name.upper()}_H"
    return (
        f'#ifndef {guard}\n#define {guard}\n\n#include "iree.h"\n\n'
        f"void {fragment.name}(const nmcu_iree_t *layer);\n\n#endif\n"
    )


def source_text(fragment: Fragment, inputs: int) -> str:
    """`NAME.c`: the schedule of a layer with so many inputs."""
    functions = fragment.schedule.functions
    declarations = "".join(f"nmcu_iree_function_t {name};\n" for name in functions)
    dispatches = fragment.schedule.dispatches
    calls = "\n".join(_call(number, each, inputs) for number, each in enumerate(dispatches))
    lines = list(_lines(fragment.schedule.steps, dispatches, inputs))
    body = "".join(f"    {line}\n" for line in lines)
    return f"""\
/* IREE's schedule of one layer. */
#include "{fragment.name}.h"

{declarations}
{calls}
void {fragment.name}(const nmcu_iree_t *layer)
{{
    uint32_t next = 0;

{body}    (void)next;
}}
"""


def _lines(steps: Sequence[Sequence[Command]], dispatches: Sequence[Dispatch], inputs: int) -> Iterator[str]:
    number = 0
    for count, step in enumerate(steps, 1):
        yield f"nmcu_iree_step(layer, {count});"
        for command in step:
            match command:
                case Dispatch():
                    yield f"next = nmcu_iree_call(layer, &call_{number}, next);"
                    number += 1
                case Fill():
                    pattern = int.from_bytes(command.pattern * (4 // len(command.pattern)), "little")
                    target = f"(nmcu_iree_range_t){_range(command.target, inputs)}"
                    yield f"next = nmcu_iree_fill(layer, {target}, {pattern:#x}u, next);"
                case Copy():
                    ends = (command.source, command.target)
                    source, target = (f"(nmcu_iree_range_t){_range(end, inputs)}" for end in ends)
                    yield f"next = nmcu_iree_copy(layer, {source}, {target}, next);"


def _call(number: int, dispatch: Dispatch, inputs: int) -> str:
    ranges = ", ".join(_range(binding, inputs) for binding in dispatch.bindings)
    values = ", ".join(f"{value & 0xFFFFFFFF:#x}u" for value in dispatch.constants)
    members = [dispatch.function, *map(str, dispatch.workgroups)]
    members += [str(len(dispatch.bindings)), str(len(dispatch.constants))]
    text = ""
    if ranges:
        text += f"static const nmcu_iree_range_t ranges_{number}[] = {{{ranges}}};\n"
    if values:
        text += f"static const uint32_t values_{number}[] = {{{values}}};\n"
    members += [f"ranges_{number}" if ranges else "0", f"values_{number}" if values else "0"]
    return f"{text}static const nmcu_iree_call_t call_{number} = {{{', '.join(members)}}};\n"


def _range(given: Range, inputs: int) -> str:
    first = {
        "constants": CONSTANTS,
        "transient": TRANSIENT,
        "input": FIRST_PORT,
        "output": FIRST_PORT + inputs,
    }
    return f"{{{first[given.buffer] + given.number}, {given.offset}, {given.bytes}}}"
