"""Whole generated programs under AddressSanitizer and UndefinedBehaviourSanitizer."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import nmcu
from isas import BUILT_IN
from networks import conv, conv_linear
from nmcu import codegen, graph, host, plan, targets
from nmcu.errors import NmcuError, ToolchainError
from nmcu.graph import Graph


def check(network: Graph, seeds: int = 1) -> None:
    """The program finds nothing wrong with itself and equals the reference."""
    program = codegen.emit(plan.make(network, targets.get("cluster8"), host.ISA, BUILT_IN))
    for seed in range(seeds):
        feeds = network.border.encode(graph.random_inputs(network, seed))
        found = host.run_sanitized(program, feeds)
        for name, expected in graph.reference.run(network, feeds).items():
            np.testing.assert_array_equal(found[name], expected)


@pytest.mark.parametrize(
    "network",
    [
        conv_linear(size=7, channels=5),
        conv_linear(size=1, channels=1),
        conv_linear(size=13, channels=37, zeros_every=4),
        conv_linear(size=4, channels=64, zeros_every=8, names=('x"; system("true"); //', "*/ int y; /*")),
        conv(31, 3),
    ],
    ids=["prime", "smallest", "sparse", "hostile names", "one layer"],
)
def test_small_networks_are_clean(network: Graph) -> None:
    check(network)


@pytest.mark.parametrize(
    "name", ["resnet8_dense.onnx", "resnet8_1x4.onnx", "resnet8_1x8.onnx", "resnet8_1x8x4.onnx"]
)
def test_example_networks_are_clean(name: str) -> None:
    file = Path(nmcu.__file__).parents[2] / "examples" / "models" / name
    if not file.exists():
        pytest.skip(f"{name} is not in examples/models")
    check(nmcu.load(file))


@pytest.mark.parametrize(
    "name", ["resnet8_int8.tflite", "kws_dscnn_int8.tflite", "ad_autoencoder_int8.tflite"]
)
def test_mlperf_tiny_networks_are_clean(name: str, test_data: Path) -> None:
    file = test_data / "mlperf_tiny" / name
    if not file.exists():
        pytest.skip(f"{name} is not among the test data")
    check(nmcu.load(file))


def test_a_finding_is_one_sentence() -> None:
    network = conv(4, 3)
    program = codegen.emit(plan.make(network, targets.get("cluster8"), host.ISA, BUILT_IN))
    feeds = network.border.encode(graph.random_inputs(network, 0))
    source = str(program.files["network.c"])
    call = "    begin(at, 0);\n"
    assert call in source
    source = source.replace(call, f"{call}    ((volatile int8_t *)at->input[0])[64] = 1;\n")
    broken = dataclasses.replace(program, files={**program.files, "network.c": source})
    with pytest.raises((NmcuError, ToolchainError), match="sanitizers: "):
        host.run_sanitized(broken, feeds)


def test_a_machine_without_a_compiler_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    program = codegen.emit(plan.make(conv(4, 3), targets.get("cluster8"), host.ISA, BUILT_IN))
    with pytest.raises(ToolchainError, match="none of the compilers gcc, clang is installed"):
        host.run_sanitized(program, {})
