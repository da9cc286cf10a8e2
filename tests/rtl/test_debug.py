"""A debugger that halts the core among gathers, and steps through them: accumulators and bases are kept."""

import pytest

from gmac_model import FORMS, Model
from nmcu.rtl.flat import HALT, Stalls
from rtl.programs import BUFFER, EXIT, RESULT, Assemble, image, results, run

READ_ALL = "".join(f"nm.acc.push t{i}, zero; sw t{i}, {4 * i}(s1);" for i in range(4))
WEIGHTS, OFFSETS = 0x7F80FF01, 0x76543210


def debugger(step: bool) -> str:
    """The debugger's program, which uses the accumulators in between and counts in s6; the main program follows."""
    read = "".join(f"nm.acc.push s{i}, zero\n" for i in range(8, 12))
    write = "".join(f"nm.acc.push zero, s{i}\n" for i in range(8, 12))
    return f"""
  li s6, 0
  j main
.balign {HALT}
  {read}
  nm.gmac.m4 s0, s2, s0, 7
  nm.gmacb.m8 s0, s2, s0, 7
  nm.acc.push s4, s0
  {write}
  addi s6, s6, 1
  {"csrsi" if step else "csrci"} 0x7b0, 4  # dcsr.step
  .word 0x7b200073  # dret
.balign {HALT}
main:
"""


def program(model: Model) -> tuple[str, int, int]:
    """Gathers of all forms, in straight code and in a hardware loop; the base at the end, instructions at least."""
    base = BUFFER
    text = [f"li s0, {BUFFER}; li s1, {RESULT}; li s2, {BUFFER}; li a1, {OFFSETS}; li a2, {WEIGHTS}"]
    text.append("1: beqz s6, 1b")  # until the debugger has been there once
    for index in range(40):
        form = FORMS[(5 * index) % len(FORMS)]
        text.append(form.text("a2", "s0", "a1", index % form.sels))
        base = form.run(model, WEIGHTS, base, OFFSETS, index % form.sels)
        if index % 7 == 0:
            text.append("cv.sdotsp.b a4, a1, a2; nm.acc.push a3, a1; nm.acc.push a3, a3")
            model.push(model.push(OFFSETS))
    # cv.setup 0: 10 times the next three instructions
    text += ["li a5, 10", ".balign 4", ".insn i 0x2b, 4, x14, a5, 4"]
    loop = [(FORMS[1], 2), (FORMS[3], 9), (FORMS[5], 7)]
    text += [form.text("a2", "s0", "a1", sel) for form, sel in loop]
    for _ in range(10):
        for form, sel in loop:
            base = form.run(model, WEIGHTS, base, OFFSETS, sel)
    return "\n".join([*text, READ_ALL, "sw s0, 16(s1); sw s6, 20(s1)"]) + EXIT, base, 40 + 30


@pytest.mark.parametrize("stalls", [{}, {"grant": 30, "response": 30, "fetch": 20}], ids=["ideal", "stalls"])
@pytest.mark.parametrize("step", [False, True], ids=["halts", "steps"])
def test_state_is_kept(assemble: Assemble, step: bool, stalls: dict[str, int]) -> None:
    model = Model(image())
    text, base, gathers = program(model)
    done = run(assemble(debugger(step) + text), "gmac", stalls=Stalls(debug=10, seed=5, **stalls))
    *state, halts = results(done, 6)
    assert state == [*(model.push(0) for _ in range(4)), base]
    assert halts > (gathers if step else 2)
