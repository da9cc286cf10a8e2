"""Constants that stream although they are no weights of convolutions."""

import numpy as np

from isas import BUILT_IN, XCV
from maps import Maps
from nmcu import graph, plan, targets, toolchain
from nmcu.codegen import emit
from nmcu.graph import Graph, ops
from nmcu.sim.run import run as simulate
from small import with_working


def _tables() -> Graph:
    """Tables for each channel, as of PRELUs, and depthwise layers: 40 KiB and 5 KiB of constants of 63 in all."""
    net = Maps(3, (1, 6, 6, 16))
    x = net.image
    for channels in (96, 64):
        table = np.random.default_rng(channels).integers(-128, 128, (channels, 256)).astype(np.int8)
        x = net.moved(ops.Table(function="prelu"), {"table": table}, net.windows(x, channels, 1))
        x = net.depthwise(x, 5)
    return net.finish(net.windows(x, 8, 1))


def test_tables_and_depthwise_weights_stream_where_they_do_not_fit() -> None:
    network = _tables()
    planned = plan.make(network, with_working("cluster8", 110), XCV, BUILT_IN)
    assert {layer.layer.kind for layer, part in planned.steps if part.streamed} >= {"prelu", "depthwise"}
    assert planned.weight_blob_bytes + planned.ring_bytes < 44 * 1024
    feeds = network.border.encode(graph.random_inputs(network, 0))
    result = simulate(toolchain.build(emit(planned), targets.get("cluster8"), XCV), feeds)
    for name, expected in graph.reference.run(network, feeds).items():
        np.testing.assert_array_equal(result.outputs[name], expected)
