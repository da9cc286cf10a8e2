"""What IREE compiled, on simulated cores: equal to its own build for this machine."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from iree_models import model, random_inputs, region
from nmcu import codegen, plan, toolchain
from nmcu.graph import Graph, reference
from nmcu.iree.fragment import fragment
from nmcu.plan import Plan
from nmcu.registry import Registry
from nmcu.sim.run import run
from nmcu.toolchain import Image

pytestmark = pytest.mark.usefixtures("iree")
REGISTRY = Registry.built_in()
GCC = "riscv64-unknown-elf-gcc"
MACHINES = (("cv32e40p", "rv32"), ("cluster8", "xcv"))


def built(graph: Graph, target: str, isa: str) -> tuple[Plan, Image]:
    chip, cores = REGISTRY.target(target), REGISTRY.isa(isa)
    planned = plan.make(graph, chip, cores, REGISTRY)
    return planned, toolchain.build(codegen.emit(planned), planned.target, cores)


def product() -> bytes:
    """A product of matrices large enough for several workgroups, then a sum over its rows: float32."""
    weight = np.linspace(-1, 1, 64 * 256, dtype=np.float32).reshape(64, 256)
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("Relu", ["a"], ["y"]),
        helper.make_node("ReduceMean", ["y"], ["z"], axes=[1], keepdims=0),
    ]
    return model(nodes, {"x": (2, 64)}, {"y": (2, 256), "z": (2,)}, {"w": weight})


def concatenation() -> bytes:
    nodes = [helper.make_node("Concat", ["x", "y"], ["z"], axis=1)]
    return model(nodes, {"x": (3, 5), "y": (3, 2)}, {"z": (3, 7)}, kind=TensorProto.INT8)


def rounding() -> bytes:
    names = ("Floor", "Ceil", "Round", "Sqrt", "Exp", "Tanh")
    nodes = [helper.make_node(name, ["x"], [name]) for name in names]
    nodes.append(helper.make_node("Sum", list(names), ["y"]))
    return model(nodes, {"x": (4, 9)}, {"y": (4, 9)})


@pytest.mark.parametrize(("target", "isa"), MACHINES)
@pytest.mark.parametrize("make", [product, concatenation, rounding])
def test_the_target_equals_irees_build_for_this_machine(make, target: str, isa: str) -> None:  # type: ignore[no-untyped-def]
    graph = region(make())
    _, image = built(graph, target, isa)
    inputs = random_inputs(graph)
    found, wanted = run(image, inputs).outputs, reference.run(graph, inputs)
    for name, values in found.items():
        assert np.array_equal(values, wanted[name], equal_nan=values.dtype.kind == "f"), name


def activation() -> bytes:
    """A function of each value, of int8 codes: too few for IREE to split."""
    constants = {"scale": np.float32(0.05), "zero": np.int8(3), "factor": np.full((1, 1, 1), 0.7, np.float32)}
    nodes = [
        helper.make_node("DequantizeLinear", ["x", "scale", "zero"], ["a"]),
        helper.make_node("Mul", ["a", "factor"], ["b"]),
        helper.make_node("Sin", ["b"], ["c"]),
        helper.make_node("Add", ["c", "a"], ["d"]),
        helper.make_node("QuantizeLinear", ["d", "scale", "zero"], ["y"]),
    ]
    arrays = {name: np.asarray(value) for name, value in constants.items()}
    return model(nodes, {"x": (1, 16, 16)}, {"y": (1, 16, 16)}, arrays, kind=TensorProto.INT8)


def test_a_function_of_each_value_runs_in_a_slice_on_each_core() -> None:
    graph = region(activation())
    _, image = built(graph, "cluster8", "xcv")
    inputs = random_inputs(graph)
    found = run(image, inputs)
    assert np.array_equal(found.outputs["y"], reference.run(graph, inputs)["y"])
    busy = [core.instructions for core in found.stats.cores]
    assert min(busy) > max(busy) / 2


def test_workgroups_go_round_all_cores() -> None:
    graph = region(product())
    _, image = built(graph, "cluster8", "xcv")
    busy = [core.instructions for core in run(image, random_inputs(graph)).stats.cores]
    assert min(busy) > max(busy) / 4


def test_what_lasts_while_a_layer_runs_is_its_scratch() -> None:
    planned, _ = built(region(product()), "cv32e40p", "rv32")
    (layer,) = planned.layers
    (scratch,) = layer.layer.scratch
    assert planned.tensors[scratch.name].bytes == scratch.bytes


def test_stacks_are_as_large_as_irees_functions_need() -> None:
    planned, image = built(region(product()), "cluster8", "xcv")
    stats = run(image, random_inputs(region(product()))).stats
    deepest = max(core.stack_bytes or 0 for core in stats.cores)
    assert deepest <= planned.target.stack_bytes


def columns() -> bytes:
    """A product of two results, for which IREE's function keeps a block of each on its stack."""
    nodes = [
        helper.make_node("Cos", ["x"], ["a"]),
        helper.make_node("Transpose", ["x"], ["t"], perm=[0, 2, 1]),
        helper.make_node("Sin", ["t"], ["b"]),
        helper.make_node("MatMul", ["a", "b"], ["c"]),
        helper.make_node("Tan", ["c"], ["y"]),
    ]
    return model(nodes, {"x": (1, 8, 64)}, {"y": (1, 8, 8)})


def test_the_header_and_readme_of_a_library_say_how_much_stack_a_run_takes() -> None:
    graph = region(columns())
    planned, image = built(graph, "cv32e40p", "rv32")
    (core,) = run(image, random_inputs(graph)).stats.cores
    program = codegen.emit(planned, name="piece")
    said = program.network.stack_bytes
    assert codegen.header.STACK_BYTES < (core.stack_bytes or 0) <= said
    files = toolchain.form_files("pico-sdk", program, planned.target, planned.isa)
    assert f"#define PIECE_STACK_BYTES {said}\n" in files["src/piece.h"].decode()
    assert f"PIECE_STACK_BYTES of stack ({said:,} bytes" in files["README.md"].decode()


@pytest.mark.skipif(shutil.which(GCC) is None, reason=f"{GCC} is not installed")
def test_any_assembler_takes_the_code(tmp_path: Path) -> None:
    source = tmp_path / "library.S"
    source.write_text(fragment(product(), "rv32imc_zicsr").assembly)
    command = [GCC, "-march=rv32imc", "-mabi=ilp32", "-c", source, "-o", tmp_path / "library.o"]
    subprocess.run(command, check=True)


@pytest.mark.parametrize("form", ["make", "cmake"])
def test_the_code_travels_with_projects(form: str) -> None:
    planned, _ = built(region(product()), "cv32e40p", "rv32")
    program = codegen.emit(planned, name="piece")
    files = toolchain.form_files(form, program, planned.target, planned.isa)
    (assembly,) = (name for name in files if name.endswith("_library.S"))
    assert b"dispatch_0_" in files[assembly]
