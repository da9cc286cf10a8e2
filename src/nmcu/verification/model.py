"""The whole question for one model file: does the graph that was read from it compute what its runtime computes?"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from nmcu.graph import Graph
from nmcu.graph.op import Array
from nmcu.judge import Judge, JudgeError, Refused, runtime_of
from nmcu.operators import Operator
from nmcu.verification.examine import Examiner
from nmcu.verification.finding import Comparison
from nmcu.verification.inputs import COUNT, budgeted, inputs
from nmcu.verification.verdict import Verdict, verdict

FULL_WORK = 2e9
"""Multiply-accumulates that a comparison by itself may take: 20 inputs of a network with 100 M of them."""


def verify(
    data: bytes,
    graph: Graph,
    operators: Iterable[Operator] | None = None,
    *,
    name: str = "model",
    given: Sequence[Mapping[str, Array]] = (),
    work: float = FULL_WORK,
    judge: Judge | None = None,
    on_input: Callable[[int, int], object] = lambda done, total: None,
) -> Verdict:
    """Compare `graph`, read by `operators` (default: built in) from the model file `data`, with its runtime.

    On the user's `given` inputs and on those that `inputs` makes, 20 in all, fewer where `work` multiply-accumulates
    do not suffice (but all that are given). `name` is what reports call the file. What keeps the runtime from answering
    is the verdict's `reason`.
    """
    runtime = runtime_of(data)
    if not runtime.installed:
        return Verdict(name, runtime.title, reason="it is not installed (pip install 'nmcu[verify]')")
    count = max(len(given), budgeted(graph, work, COUNT))
    found: list[tuple[int, str, Comparison]] = []
    refusals: list[str] = []
    with judge or Judge() as asked:
        examiner = Examiner(data, graph, asked, operators)
        for number, each in enumerate(inputs(graph, count, given), 1):
            try:
                found.append((number, each.what, examiner.examine(each.feed)))
            except Refused as error:
                refusals.append(str(error))
            except JudgeError as error:
                return Verdict(name, str(runtime), reason=str(error))
            on_input(number, count)
    if not found:
        return Verdict(name, str(runtime), refused=len(refusals), reason=refusals[0])
    return verdict(name, str(runtime), found, len(refusals))
