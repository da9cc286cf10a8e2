"""Activations that wait in L3 where L2 is too small."""

import pytest

import nmcu
from isas import BUILT_IN, XCV
from nmcu import plan, targets
from nmcu.bench.calibrated import CalibratedBuilder
from nmcu.errors import PlanError
from nmcu.graph import Graph, TensorInfo, ops
from nmcu.plan.lifetime import Lifetime
from nmcu.plan.spill import place_within, spills


def _long_skip(channels: int) -> Graph:
    """A 512 KiB map that is used again after a transposition, which does not run by rows."""
    net = CalibratedBuilder(None, 0, (1, 128, 128, 4))
    skipped = net.conv("skipped", net.image, 32, 1, relu=True)
    small = net.conv("small", skipped, channels, 1, 2, relu=True)
    turned = TensorInfo("turned.out", (), "int8", *small.quant)
    large = net.append("turned", ops.Transpose(perm=(0, 2, 1, 3)), [small], turned, {})
    back = net.conv("back", large, 16, 1, 2, relu=True)
    return net.finish(net.add("sum", back, net.conv("again", skipped, 16, 1, 4, relu=True)))


def test_a_long_skip_waits_in_l3() -> None:
    compiled = nmcu.compile(_long_skip(128))
    assert [(s.tensor, s.stored, s.loaded) for s in compiled.plan.spills] == [("skipped.out", 1, 4)]
    assert compiled.plan.l2_peak_bytes <= targets.get("cluster8").working_bytes
    report = nmcu.run(compiled)
    assert report.bit_exact
    assert report.cycles == pytest.approx(compiled.plan.predicted_cycles, rel=0.1)


def test_no_gap_without_need() -> None:
    assert not plan.make(_long_skip(64), targets.get("cluster8"), XCV, BUILT_IN).spills


def test_what_no_gap_helps_is_refused_with_the_layer() -> None:
    with pytest.raises(
        PlanError,
        match=r"node 'turned' \(transpose\) and its neighbours need 1,6[\d,]+ bytes of working memory",
    ):
        plan.make(_long_skip(200), targets.get("cluster8"), XCV, BUILT_IN)


def test_gaps_are_spans_without_the_block() -> None:
    block = Lifetime("a", 64, 0, 9, gaps=((2, 4), (6, 8)))
    assert block.spans == ((0, 1), (5, 5), (9, 9))
    assert [(s.stored, s.loaded) for s in spills((block,))] == [(1, 5), (5, 9)]


def test_place_within_leaves_blocks_that_fit() -> None:
    blocks = (Lifetime("a", 64, 0, 3), Lifetime("b", 64, 1, 2))
    placed, kept = place_within(blocks, (), {}, 128)
    assert kept == blocks
    assert placed["a"].offset != placed["b"].offset
