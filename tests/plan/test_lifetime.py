"""Places of activations in the L2 arena."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from isas import BUILT_IN, XCV
from networks import conv_linear
from nmcu import plan, targets
from nmcu.kernels.kernel import align
from nmcu.plan.lifetime import Lifetime, lifetimes, place


@st.composite
def blocks(draw: st.DrawFn) -> list[Lifetime]:
    count = draw(st.integers(1, 10))
    found = []
    for number in range(count):
        first = draw(st.integers(0, 10))
        found.append(
            Lifetime(f"t{number}", draw(st.integers(1, 5000)), first, first + draw(st.integers(0, 4)))
        )
    return found


@settings(max_examples=40, deadline=None)
@given(blocks())
def test_blocks_alive_at_the_same_step_never_overlap(found: list[Lifetime]) -> None:
    placed = place(found, seconds=0.05)
    assert {(b.name, b.bytes) for b in found} == {(name, buffer.bytes) for name, buffer in placed.items()}
    for step in range(16):
        spans = sorted(
            (placed[b.name].offset, placed[b.name].end) for b in found if b.first <= step <= b.last
        )
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


@settings(max_examples=15, deadline=None)
@given(blocks())
def test_places_are_the_same_every_time(found: list[Lifetime]) -> None:
    assert place(found, seconds=0.05) == place(list(found), seconds=0.05)


def test_a_chain_takes_its_two_largest_neighbours() -> None:
    sizes = [4096, 8192, 2048, 6000, 1000]
    chain = [Lifetime(f"t{i}", size, i, i + 1) for i, size in enumerate(sizes)]
    assert max(buffer.end for buffer in place(chain).values()) <= align(4096 + 8192)


def test_first_fit_is_improved_where_it_wastes() -> None:
    """The solver reaches the sum of what is alive at once, which first fit by size misses here."""
    found = [
        Lifetime("a", 48, 0, 1),
        Lifetime("b", 32, 1, 3),
        Lifetime("c", 32, 3, 5),
        Lifetime("d", 64, 4, 5),
        Lifetime("e", 48, 2, 3),
    ]
    peak = max(sum(b.bytes for b in found if b.first <= step <= b.last) for step in range(6))
    assert max(buffer.end for buffer in place(found).values()) <= peak + 16


def test_lifetimes_of_a_network() -> None:
    network = conv_linear()
    layers, outputs = network.layers, network.outputs
    assert lifetimes(layers, outputs, {"flat": "features"}) == (Lifetime("features", 8 * 8 * 16, 0, 2),)


def test_the_same_network_gives_the_same_plan() -> None:
    made = [plan.make(conv_linear(), targets.get("cluster8"), XCV, BUILT_IN).to_json() for _ in range(2)]
    assert made[0] == made[1]
