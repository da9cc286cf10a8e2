"""Networks with weights whose zeros follow no pattern of 16, from the plan to the report."""

import warnings

import numpy as np
import pytest

import nmcu
from nmcu.errors import NoGainWarning
from nmcu.graph import Builder, Graph, TensorInfo, ops
from nmcu.sparsity import NMPattern, mask


def network(share: float, *, pattern: str = "", channels: int = 64, tokens: int = 0) -> Graph:
    """A 3x3 convolution of 10x10x64, or a fully-connected layer of 512 inputs for `tokens`; a `share` of the weights
    anywhere, or `pattern`, is not zero."""
    rng = np.random.default_rng(0)
    builder = Builder("sparse")
    shape, window = ((tokens, 512), ()) if tokens else ((1, 10, 10, 64), (3, 3))
    x = TensorInfo("x", shape, "int8", 0.05, 3)
    x = builder.input(TensorInfo("map", shape), x, tuple(range(len(shape))))
    weight = rng.integers(-127, 128, (channels, *window, shape[-1]))
    keep = mask(weight, NMPattern.parse(pattern)) if pattern else rng.random(weight.shape) < share
    weight = (weight * keep).astype(np.int8)
    y, scale = TensorInfo("y", (), "int8", 0.2, 0), np.full(channels, 0.01)
    if tokens:
        op, constants = ops.Linear.build("layer", x, y, weight, scale, None)
        (y,) = builder.add("layer", op, [x], [y], constants)
    else:
        conv, constants = ops.Conv2d.build("layer", x, y, weight, scale, None, pads=(1, 1, 1, 1))
        (y,) = builder.add("layer", conv, [x], [y], constants)
    builder.output(y, TensorInfo("result", y.shape), tuple(range(len(y.shape))), y.shape)
    return builder.finish()


def run(graph: Graph, kernels: str = "*") -> tuple[str, str, int]:
    """(kernel, pattern, cycles) of the only layer."""
    report = nmcu.run(nmcu.compile(graph, kernels=kernels))
    assert report.bit_exact
    (layer,) = report.layers
    assert report.to_json({})["layers"][0]["pattern"] == layer.pattern
    return layer.kernel or "", layer.pattern, layer.cycles


@pytest.mark.parametrize("tokens", [0, 40, 1])
def test_zeros_anywhere_run_on_a_gather_where_it_is_faster(tokens: int) -> None:
    sparse = network(0.05, tokens=tokens)
    kernel, pattern, cycles = run(sparse)
    assert "gather" in kernel and pattern == "unstructured"
    assert 1.5 * cycles < run(sparse, "dense*")[2] if tokens != 1 else cycles < run(sparse, "dense*")[2]
    kernel, pattern, _ = run(network(0.45, tokens=tokens))
    assert "gather" not in kernel and pattern == "dense"


def test_one_in_thirty_two_is_faster_than_one_in_sixteen() -> None:
    kernel, pattern, cycles = run(network(1, pattern="1:32"))
    assert "gather" in kernel and pattern == "1:32"
    assert cycles < 0.9 * run(network(1, pattern="1:16"))[2]


def test_parts_of_a_layer_are_packed_as_the_whole_is() -> None:
    """Weights that do not fit L2 stream in parts of the output channels; every part has its own positions."""
    graph = network(0.06, channels=40000, tokens=4)
    compiled = nmcu.compile(graph)
    (planned,) = compiled.plan.layers
    assert len(planned.parts) > 1
    assert {part.layer.support.name for part in planned.parts if part.layer.support} == {"unstructured"}
    assert nmcu.run(compiled).bit_exact


def test_a_pattern_that_gains_nothing_is_compiled_with_a_warning() -> None:
    with pytest.warns(NoGainWarning, match="2:4 gains no speed on cluster8 with xcv: in layer 'layer' dense"):
        compiled = nmcu.compile(network(1, pattern="2:4"))
    assert nmcu.run(compiled).layers[0].pattern == "2:4"


@pytest.mark.parametrize(
    ("pattern", "options"),
    [
        ("2:4", {"isa": "rv32"}),
        ("1:8", {}),
        ("1:8", {"kernels": "dense*"}),
        ("2:4", {"kernels": "word*"}),
        ("", {}),
    ],
)
def test_no_warning_where_a_pattern_gains_or_a_kernel_is_named(pattern: str, options: dict[str, str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", NoGainWarning)
        nmcu.compile(network(1, pattern=pattern), **options)
