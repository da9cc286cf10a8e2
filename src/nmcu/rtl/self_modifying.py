"""Items that change their own instructions, with and without fence.i."""

import random
from collections.abc import Callable

from nmcu.rtl.encode import b_type, hardware_loop, i_type, load_immediate, s_type
from nmcu.rtl.item import Item
from nmcu.rtl.operands import COUNT, FREE, JUMP_SCRATCH, TRAP_SCRATCH

FENCE_I = 0x0000100F
AUIPC = JUMP_SCRATCH << 7 | 0x17
FETCHED_AHEAD = 16  # bytes: what lies further ahead of a store is new without fence.i, too


def self_modifying(rng: random.Random, straight: Callable[[int], list[int]]) -> Item:
    """An instruction is executed as a store has changed it: ahead of the store, or behind it in a loop.

    `straight(n)` makes at least n instructions of 32 bits without control transfer that leave the registers alone that
    hold addresses.
    """
    form = rng.randrange(4)
    if form == 0:
        return _ahead(rng, [FENCE_I, *straight(rng.randrange(3))])
    if form == 1:
        return _ahead(rng, straight(FETCHED_AHEAD // 4 + rng.randrange(3)))
    if form == 2:
        return _counted_loop(rng, straight)
    return _hardware_loop(rng, straight)


def _change(rng: random.Random, at: int) -> tuple[int, list[int], int]:
    """An instruction, how the register of its replacement is set up, and the store that replaces it.

    `at` is where it lies from the address in x31.
    """
    old, new = (
        i_type(0x13, rng.choice((0, 4, 6, 7)), rng.choice(FREE), rng.randrange(32), rng.randrange(4096))
        for _ in "ab"
    )
    if rng.random() < 0.5:  # the upper half alone: immediate and rs1
        return (
            old,
            load_immediate(TRAP_SCRATCH, new >> 16),
            s_type(0x23, 1, JUMP_SCRATCH, TRAP_SCRATCH, at + 2),
        )
    return old, load_immediate(TRAP_SCRATCH, new), s_type(0x23, 2, JUMP_SCRATCH, TRAP_SCRATCH, at)


def _ahead(rng: random.Random, between: list[int]) -> Item:
    old, data, store = _change(rng, 4 * (4 + len(between)))
    return Item("self-modifying", (AUIPC, *data, store, *between, old), aligned=True)


def _counted_loop(rng: random.Random, straight: Callable[[int], list[int]]) -> Item:
    before, after = straight(rng.randrange(3)), straight(rng.randrange(3))
    old, data, store = _change(rng, 4 * (5 + len(before)))
    body = [*before, old, *after, store, i_type(0x13, 0, COUNT, COUNT, -1)]
    count = load_immediate(COUNT, rng.randrange(2, 5))
    back = b_type(0x63, 1, COUNT, 0, -4 * len(body))
    return Item("self-modifying", (AUIPC, *data, *count, *body, back), aligned=True)


def _hardware_loop(rng: random.Random, straight: Callable[[int], list[int]]) -> Item:
    before, after = straight(rng.randrange(3)), straight(FETCHED_AHEAD // 4 + rng.randrange(3))
    old, data, store = _change(rng, 4 * (4 + len(before)))
    body = [*before, old, store, *after]
    if len(body) > 30:
        return _ahead(rng, [FENCE_I])
    set_up = hardware_loop(6, rng.randrange(2), len(body) + 1, rng.randrange(2, 5))
    return Item("self-modifying", (AUIPC, *data, set_up, *body), aligned=True)
