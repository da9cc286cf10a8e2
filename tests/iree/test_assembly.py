"""Stacks that the functions of IREE's library take, as its assembly says."""

import pytest

from nmcu.iree import IreeError
from nmcu.iree.assembly import library

TABLES = """
	.section	.rodata,"a",@progbits
n_library_query_v0_header:
	.word	6
	.section	.data.rel.ro,"aw",@progbits
n_library_query_v0_funcs:
	.word	outer
	.section	.rodata.attrs,"a",@progbits
n_library_query_v0_attrs:
	.zero	64
"""


def _function(name: str, *lines: str) -> str:
    return "\n".join([f"\t.section\t.text.{name}", f"{name}:", *(f"\t{line}" for line in lines), ""])


def _bytes(*functions: str) -> int:
    return library(TABLES + "".join(functions), "x", {"memset": "memset"}).functions["outer"].frame_bytes


def test_a_frame_is_what_is_taken_from_the_stack_pointer() -> None:
    assert _bytes(_function("outer", "addi\tsp, sp, -32", "call\tmemset", "addi\tsp, sp, 32", "ret")) == 32
    assert _bytes(_function("outer", "lui\ta0, 1", "addi\ta0, a0, -16", "sub\tsp, sp, a0", "ret")) == 4080


def test_frames_of_called_functions_lie_below() -> None:
    outer = _function("outer", "addi\tsp, sp, -16", "call\tsmall", "call\tlarge", "ret")
    small = _function("small", "addi\tsp, sp, -16", "ret")
    large = _function("large", "addi\tsp, sp, -64", "call\tsmall", "ret")
    assert _bytes(outer, small, large) == 96


@pytest.mark.parametrize(
    ("line", "reason"),
    [("call\touter", "calls itself"), ("cm.push\t{ra}, -16", "saves registers by cm.push")],
)
def test_a_stack_that_cannot_be_told_is_refused(line: str, reason: str) -> None:
    with pytest.raises(IreeError, match=reason):
        _bytes(_function("outer", line, "ret"))
