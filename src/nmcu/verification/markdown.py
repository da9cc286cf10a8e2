"""The tables of docs/verify.md, generated so that they cannot lie. `python -m nmcu.verification.markdown`"""

from collections.abc import Iterable, Sequence

from nmcu.operators import EXACT, Operator, built_in
from nmcu.verification.known import WRONG


def tolerances(operators: Iterable[Operator]) -> str:
    """What each operator may differ by; those that are exact in one row."""
    operators = sorted(operators, key=lambda operator: operator.op.KIND)
    exact = ", ".join(operator.op.KIND for operator in operators if operator.tolerance == EXACT)
    rows = [
        (o.op.KIND, str(o.tolerance.onnx), str(o.tolerance.litert), o.tolerance.why)
        for o in operators
        if o.tolerance != EXACT
    ]
    head = ("layer", "ONNX Runtime", "LiteRT", "why")
    return _table(head, [*rows, (exact, str(EXACT.onnx), str(EXACT.litert), EXACT.why)])


def wrong() -> str:
    """Where runtimes are known to be wrong."""
    return _table(
        ("runtime", "operator", "what is wrong"), [(w.runtime, f"`{w.operator}`", w.what) for w in WRONG]
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    print(tolerances(built_in()))
    print(wrong(), end="")
