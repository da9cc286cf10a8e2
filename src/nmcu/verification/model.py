"""The whole question for one model file: does the graph that was read from it compute what its runtime computes?"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from nmcu.graph import Graph
from nmcu.graph.op import Array
from nmcu.judge import Judge, JudgeError, Refused, runtime_of
from nmcu.operators import Operator
from nmcu.verification.examine import Examiner
from nmcu.verification.finding import Comparison
from nmcu.verification.inputs import COUNT, Input, budgeted, inputs
from nmcu.verification.verdict import Verdict, verdict

FULL_WORK = 2e9
"""Multiply-accumulates that a comparison by itself may take: 20 inputs of a network with 100 M of them."""

FOLLOWING = 2
"""Inputs after each one in a model with states."""
Numbered = tuple[int, Input]


def verify(
    data: bytes,
    graph: Graph,
    operators: Iterable[Operator] | None = None,
    *,
    name: str = "model",
    given: Sequence[Mapping[str, Array]] = (),
    work: float = FULL_WORK,
    keep_state: bool = False,
    judge: Judge | None = None,
    on_input: Callable[[int, int], object] = lambda done, total: None,
) -> Verdict:
    """Compare `graph`, read by `operators` (default: built in) from the model file `data`, with its runtime.

    On the user's `given` inputs and on those that `inputs` makes, 20 in all, fewer where `work` multiply-accumulates
    do not suffice (but all that are given). States start afresh for each, which is then followed by `FOLLOWING` others
    that find what it left in them; with `keep_state` all inputs are one sequence. `name` is what reports call the file.
    What keeps the runtime from answering is the verdict's `reason`.
    """
    runtime = runtime_of(data)
    if not runtime.installed:
        return Verdict(name, runtime.title, reason="it is not installed (pip install 'nmcu[verify]')")
    each = 1 + FOLLOWING if graph.states and not keep_state else 1
    count = max(len(given), budgeted(graph, work / each, COUNT))
    found: list[tuple[int, str, Comparison]] = []
    refusals: list[str] = []
    with judge or Judge() as asked:
        examiner = Examiner(data, graph, asked, operators)
        numbered = [*enumerate(inputs(graph, count, given), 1)]
        for done, steps in enumerate(_sequences(graph, numbered, keep_state), 1):
            try:
                made = examiner.sequence([each.feed for _, each in steps])
            except Refused as error:
                refusals.append(str(error))
            except JudgeError as error:
                return Verdict(name, str(runtime), reason=str(error))
            else:
                whats = [
                    f"{each.what}, step {i}" if i > 1 else each.what for i, (_, each) in enumerate(steps, 1)
                ]
                found += zip([number for number, _ in steps], whats, made, strict=True)
            on_input(count if keep_state else done, count)
    if not found:
        return Verdict(name, str(runtime), refused=len(refusals), reason=refusals[0])
    return verdict(name, str(runtime), found, len(refusals))


def _sequences(graph: Graph, given: Sequence[Numbered], keep_state: bool) -> list[Sequence[Numbered]]:
    """The inputs that are run one after the other, for each start."""
    if keep_state:
        return [given]
    steps = 1 + FOLLOWING if graph.states else 1
    return [[given[(start + step) % len(given)] for step in range(steps)] for start in range(len(given))]
