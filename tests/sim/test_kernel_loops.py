"""The inner loops whose cycles were measured on the RTL: the same here within 1 %."""

import pytest

from nmcu import targets
from nmcu.sim import simulate
from sim.assembly import assemble

DATA = 0x8000_0000
K = 576


def loads(count: int) -> list[str]:
    """`count` words into a2, a3, ... from two streams."""
    return [
        f"cv.lw {r}, ({'s0' if i % 2 else 's1'}), 4" for i, r in zip(range(count), REGISTERS, strict=False)
    ]


REGISTERS = ("a2", "a3", "a4", "a5", "a6", "a7", "t3", "t4")


def products(weights: int, pixels: int) -> list[str]:
    """All dot products of the first `weights` and the other `pixels` of REGISTERS into accumulators."""
    accumulators = iter(
        ["s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t0", "t1", "t2", "t5", "t6", "ra"]
    )
    return [
        f"cv.sdotsp.b {next(accumulators)}, {REGISTERS[w]}, {REGISTERS[weights + p]}"
        for p in range(pixels)
        for w in range(weights)
    ]


def gather(channels: int) -> list[str]:
    """The word gather: four non-zeros, four pixels; `channels` output channels share it."""
    text = """
    cv.lbu t0,(a0),1
    cv.lbu t2,(a0),1
    cv.lw  t1,(s0),t0
    cv.lw  t2,(s0),t2
    cv.lbu t3,(a0),1
    cv.lbu t4,(a0),1
    cv.lw  t3,(s0),t3
    cv.lw  t4,(s0),t4
    cv.pack   t0,t3,t1
    cv.pack.h t1,t3,t1
    cv.pack   t3,t4,t2
    cv.pack.h t4,t4,t2
    mv t2,t3
    cv.shuffle2.b t2,t0,a5
    cv.shuffle2.b t3,t0,a6
    mv t0,t4
    cv.shuffle2.b t0,t1,a5
    cv.shuffle2.b t4,t1,a6"""
    lines = text.strip().splitlines()
    accumulators = (
        "s2",
        "s3",
        "s4",
        "s5",
        "s6",
        "s7",
        "s8",
        "s9",
        "s10",
        "s11",
        "a2",
        "a3",
        "a4",
        "t5",
        "t6",
        "ra",
    )
    # Each weight is loaded one instruction ahead of its first use.
    lines.insert(-1, "cv.lw a7,(s1),4")
    for channel in range(channels):
        weight, following = ("a7", "a1") if channel % 2 == 0 else ("a1", "a7")
        dots = [
            f"cv.sdotsp.b {accumulators[4 * channel + i]},{weight},{pixel}"
            for i, pixel in enumerate(("t2", "t3", "t0", "t4"))
        ]
        if channel + 1 < channels:
            dots.insert(-1, f"cv.lw {following},(s1),4")
        lines += dots
    return lines


def cycles_per_iteration(body: list[str], iterations: int) -> float:
    """Cycles between two readings of the cycle counter around a hardware loop, without the readings' own."""
    counter = ["li tp, 0x1a100000", "li gp, 0", "lw gp, 12(tp)"]
    lines = [
        ".option norelax",
        ".option norvc",
        ".globl _start",
        "_start:",
        f"li s0, {DATA}",
        f"li s1, {DATA + 0x10000}",
    ]
    lines += [
        f"li a0, {DATA + 0x20000}",
        "li a5, 0x06040200",
        "li a6, 0x07050301",
        *counter,
        f"li a1, {iterations}",
    ]
    lines += [f".insn i 0x2b, 4, x14, a1, {len(body) + 1}", *body, "lw a1, 12(tp)", "sub a0, a1, gp"]
    lines += ["addi a0, a0, -3", "sw a0, 0(tp)", "8: j 8b", ""]  # minus the first reading, li and cv.setup
    result = simulate(assemble("\n".join(lines)), targets.get("cv32e40p"), max_cycles=1_000_000)
    return result.exit_code / iterations


@pytest.mark.parametrize(
    ("body", "iterations", "expected"),
    [
        pytest.param([*loads(6), *products(4, 2)], K // 4, 14.01, id="dense 4x2"),
        pytest.param([*loads(8), *products(4, 4)], K // 4, 24.01, id="dense 4x4"),
        pytest.param(gather(1), K // 8 // 4, 23.0, id="word gather, one channel"),
        pytest.param(gather(4), K // 8 // 4, 38.1, id="word gather, four channels"),
    ],
)
def test_cycles_of_the_inner_loops(body: list[str], iterations: int, expected: float) -> None:
    assert cycles_per_iteration(body, iterations) == pytest.approx(expected, rel=0.01)
