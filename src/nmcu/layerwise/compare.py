"""Compares an int8 network with its float network, piece of the samples by piece."""

from collections.abc import Iterable

from nmcu.errors import ModelError, counted
from nmcu.graph import Graph, reference
from nmcu.judge import Judge
from nmcu.layerwise import match
from nmcu.layerwise.comparison import Compared, FloatComparison
from nmcu.layerwise.float_model import FloatModel
from nmcu.layerwise.match import Match
from nmcu.layerwise.noise import Noise, measured, parameter
from nmcu.layerwise.samples import Samples

RUNS = 16
"""Samples that run at once: all tensors of both networks are in memory."""
LIMIT_S = 600.0


def compare(graph: Graph, name: str, model: FloatModel, pieces: Iterable[Samples]) -> FloatComparison:
    """`graph`, called `name`, against the float `model`. Raises `ModelError` where they are different networks, and
    `JudgeError` where ONNX Runtime does not run the model."""
    found: dict[str, Match] | None = None
    noise: dict[str, Noise] = {}
    count = 0
    with Judge(time_s=LIMIT_S) as judge:
        for samples in (p.part(start, start + RUNS) for p in pieces for start in range(0, len(p), RUNS)):
            theirs = model.run(judge, graph, samples)
            ours = reference.many(graph, samples.encoded(graph))
            if found is None:
                found = match.pairs(graph, model, ours, theirs)
                _check(graph, name, model, found)
            for layer in match.compared(graph):
                info = layer.outputs[0]
                if info.name not in found:
                    continue
                wanted = found[info.name].arranged(theirs, info.shape)
                each = measured(layer, ours[info.name], match.alone(layer, ours, theirs, found), wanted)
                noise[layer.name] = noise[layer.name] + each if layer.name in noise else each
            count += len(samples)
    assert found is not None, "there are samples: reading them raises otherwise"
    layers = []
    makers = {layer.outputs[0].name: layer.name for layer in match.compared(graph)}
    for layer in match.compared(graph):
        known = noise.get(layer.name)
        if known is None:
            reason = f"no tensor of {model.name} is like its result"
            layers.append(Compared(layer.name, layer.kind, None, None, None, reason))
        else:
            tensor = found[layer.outputs[0].name].name
            read = [noise[makers[info.name]] for info in layer.inputs if makers.get(info.name) in noise]
            layers.append(Compared(layer.name, layer.kind, tensor, known, *parameter(layer, known, read)))
    return FloatComparison(name, model.name, count, tuple(layers))


def _check(graph: Graph, name: str, model: FloatModel, found: dict[str, Match]) -> None:
    """Raises `ModelError` where less than half of the layers with weights match."""
    weighted = [layer for layer in match.compared(graph) if layer.weight_bytes] or match.compared(graph)
    matched = sum(layer.outputs[0].name in found for layer in weighted)
    if not matched or 2 * matched < len(weighted):
        raise ModelError(
            f"{matched} of {counted(len(weighted), 'layer')} of {name} are like a tensor of {model.name}: is it the "
            "network that was quantised?"
        )
