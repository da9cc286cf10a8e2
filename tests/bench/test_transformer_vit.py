"""The benchmark's Vision Transformer, small."""

import pytest

from nmcu import api, graph
from nmcu.bench.vit import VitShape, vit
from nmcu.sparsity import NMPattern

SMALL = VitShape(image=16, width=64, blocks=1, heads=2, hidden=128)


@pytest.mark.parametrize("pattern", ["dense", "1:8", "1:8x4"])
def test_runs_bit_exact_with_its_pattern(pattern: str) -> None:
    model = vit(None if pattern == "dense" else NMPattern.parse(pattern), 0, SMALL)
    found = [str(x.pattern or "dense") for x in model.layers if x.kind == "linear"]
    assert found == [*[pattern] * 4, "dense"]
    assert api.run(model).bit_exact


def test_activations_use_their_range() -> None:
    model = vit(None, 0, SMALL)
    feeds = model.border.encode(graph.random_inputs(model, 0))
    tensors = graph.reference.run(model, feeds, keep_all=True)
    for layer in model.layers:
        values = tensors[layer.outputs[0].name].astype(int)
        assert values.max() - values.min() > 60, layer.name
