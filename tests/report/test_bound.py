"""What bounds a layer."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

import nmcu
from networks import conv, conv_linear
from nmcu.kernels import Machine
from nmcu.plan import Plan
from nmcu.report.bound import BOUNDS, spent

CYCLES = 10_000


@pytest.fixture(scope="module")
def plan() -> Plan:
    return nmcu.compile(conv_linear()).plan


@pytest.mark.parametrize(
    ("stalls", "waits", "bound"),
    [
        ({"load_use": 2_000}, 0, "compute"),
        ({"tcdm_conflict": 9_000}, 0, "bank conflicts"),
        ({"l2_access": 9_000}, 0, "memory access"),
        ({"barrier_wait": 9_000}, 0, "barriers"),
        (
            {"dma_wait": 1_125, "barrier_wait": 7_875},
            9_000,
            "activations",
        ),  # one core waits, seven wait for it
    ],
)
def test_the_largest_share_bounds(plan: Plan, stalls: Mapping[str, int], waits: int, bound: str) -> None:
    planned = next(layer for layer in plan.layers if layer.layer.kind == "conv")
    found = spent(planned, Machine(plan.target, plan.isa), CYCLES, stalls, waits)
    assert next(iter(found)) == bound
    assert sum(found.values()) == CYCLES and set(found) <= set(BOUNDS)


def test_transfers_are_of_weights_of_activations_or_from_l3(plan: Plan) -> None:
    linear = next(layer for layer in plan.layers if layer.layer.kind == "linear")
    machine = Machine(plan.target, plan.isa)
    assert next(iter(spent(linear, machine, CYCLES, {"dma_wait": 9_000}, 9_000))) == "weights"
    waiting = replace(linear, parts=(replace(linear.parts[0], wait_cycles=8_000),))
    assert next(iter(spent(waiting, machine, CYCLES, {"dma_wait": 9_000}, 9_000))) == "streaming"


def test_a_layer_of_short_sums_is_bound_by_requantisation() -> None:
    """A pointwise convolution of four channels has four products for every result."""
    (layer,) = nmcu.run(conv(32, 32)).layers
    assert layer.bound == "requantisation"
    assert layer.to_json()["bound"] == "requantisation"
    assert sum(layer.to_json()["spent"].values()) == layer.cycles


def test_a_layer_that_takes_no_time_is_bound_by_nothing(plan: Plan) -> None:
    assert spent(plan.layers[0], Machine(plan.target, plan.isa), 0, {}, 0) == {}
