"""The states of a network as they are before its first run."""

from dataclasses import dataclass

from nmcu.plan import Plan


def reset_constants(plan: Plan) -> str:
    """What states hold that are not all one byte."""
    return "".join(
        f"static const uint8_t initial_{number}[] = {{{', '.join(map(str, run.content))}}};\n"
        for number, run in enumerate(_runs(plan))
        if len(set(run.content)) > 1
    )


def reset_lines(plan: Plan, state: str) -> list[str]:
    """C statements that write all of it to the memory that begins at `state`."""
    lines = []
    for number, run in enumerate(_runs(plan)):
        if len(set(run.content)) == 1:
            lines.append(f"memset({state} + {run.offset}, {run.content[0]}, {len(run.content)});")
        else:
            lines.append(f"memcpy({state} + {run.offset}, initial_{number}, sizeof initial_{number});")
    return lines


@dataclass
class _Run:
    offset: int
    content: bytes


def _runs(plan: Plan) -> list[_Run]:
    """What lies where: states of one byte beside each other together, with what is free between them."""
    runs: list[_Run] = []
    for state in plan.states:
        last = runs[-1] if runs else None
        if last and set(last.content) == set(state.initial) and len(set(state.initial)) == 1:
            last.content = state.initial[:1] * (state.place.end - last.offset)
        else:
            runs.append(_Run(state.place.offset, state.initial))
    return runs
