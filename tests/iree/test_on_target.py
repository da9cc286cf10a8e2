"""Networks of nmcu and IREE on simulated targets."""

from collections.abc import Callable

import pytest

import nmcu
from iree_networks import custom_activation, float_section, reduction
from nmcu.frontend import Fallback
from nmcu.graph import Graph
from nmcu.iree import Region
from nmcu.operators import parse

pytestmark = pytest.mark.usefixtures("iree")


def read(data: bytes) -> Graph:
    return parse(data, "network.onnx", fallback=Fallback(Region))


@pytest.mark.parametrize("network", [float_section, reduction, custom_activation])
@pytest.mark.parametrize("target", ["cluster8", "rp2350"])
def test_results_are_irees_on_this_machine(network: Callable[[], bytes], target: str) -> None:
    report = nmcu.run(read(network()), target=target)
    assert report.bit_exact
    assert [layer.kernel for layer in report.layers].count("iree") == 1
