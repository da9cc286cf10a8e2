"""Candidates that are evaluated once for layers that are alike, and once for all sizes of memory."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from isas import BUILT_IN, named
from maps import blocks
from networks import conv_linear
from nmcu import kernels, targets
from nmcu.bench.vit import VitShape, vit
from nmcu.graph import Graph, Layer
from nmcu.kernels import Kernel, Machine
from nmcu.sparsity import NMPattern

NETWORKS = {
    "maps": blocks(31, 21),
    "small": conv_linear(size=13, channels=37, zeros_every=8),
    "transformer": vit(
        NMPattern.parse("1:8x4"), shape=VitShape(image=16, width=64, blocks=2, heads=2, hidden=96)
    ),
    "unstructured": conv_linear(size=9, channels=48, zeros_every=3),
}


def runs(network: Graph, machine: Machine) -> Iterator[tuple[Kernel, Layer]]:
    for kernel in BUILT_IN.kernels.values():
        for layer in network.layers:
            if kernels.fits(kernel, layer, machine) is None:
                yield kernel, layer


def machine_of(name: str) -> Machine:
    chip = targets.get(name)
    return Machine(chip, named(chip.isa))


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", ["cluster8", "ibex"])
def test_layers_that_are_alike_have_the_same_candidates(network: str, name: str) -> None:
    machine, first = machine_of(name), {}
    alike = 0
    for kernel, layer in runs(NETWORKS[network], machine):
        found = list(kernel.candidates(layer, machine))
        known = first.setdefault((kernel.name, kernel.likeness(layer)), found)
        assert known == found, f"{kernel.name} on {layer.name}"
        alike += known is not found
    assert alike or network != "transformer"


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", ["ibex", "rp2350"])
def test_less_memory_leaves_what_fits_it(network: str, name: str) -> None:
    machine = machine_of(name)
    for kernel, layer in runs(NETWORKS[network], machine):
        for size in (800, 5000, 30_000):
            small = replace(machine, buffer_bytes=size)
            right = replace(small, known={})
            assert list(kernel.predicted(layer, small)) == list(kernel.predicted(layer, right))
            if kernel.sieved:
                assert list(kernel.candidates(layer, small)) == list(kernel._tilings_of(layer, small))
