"""The public Python API: the whole line from a model file to a verified run."""

import io
import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu import codegen, graph, host, plan, toolchain
from nmcu.codegen import Program
from nmcu.errors import NmcuError, NoGainWarning, counted
from nmcu.graph import Graph
from nmcu.host import Accuracy, Preprocessing
from nmcu.isa import InstructionSet
from nmcu.kernels import Machine, no_gain
from nmcu.operators import load as load_file
from nmcu.plan import Plan
from nmcu.registry import Registry
from nmcu.report import RunReport, assemble, file_names, html, trace
from nmcu.rtl import simulate as simulate_rtl
from nmcu.sim.run import register_core
from nmcu.sim.run import run as simulate
from nmcu.targets import Target
from nmcu.toolchain import Image

__all__ = ["Accuracy", "CompiledModel", "RunReport", "compile", "evaluate", "load", "run"]

register_core("rtl", simulate_rtl)

RECORDED_EVENTS = 200_000
"""Transfers and waits that a trace shows at most: a viewer opens that many at once."""

Array = NDArray[Any]
Model = str | Path | Graph
Stage = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class CompiledModel:
    """A network compiled for a target: the graph (which is also the reference), every decision, the C, the ELF."""

    name: str
    graph: Graph
    plan: Plan
    program: Program
    image: Image

    def files(self) -> dict[str, bytes]:
        """`program.elf`, `plan.json` and the C project in `project/`, contents by relative path."""
        project = toolchain.project_files(self.program, self.plan.target, self.plan.isa)
        return {
            "program.elf": self.image.elf,
            "plan.json": (json.dumps(self.plan.to_json(), indent=1) + "\n").encode(),
            **{f"project/{name}": content for name, content in project.items()},
        }


def load(path: str | Path) -> Graph:
    """The integer graph of an int8 model: TFLite or QDQ ONNX. Raises `ModelError` for anything else."""
    return load_file(Path(path), Registry.installed().operators.values())


def compile(
    model: Model,
    target: str | Target = "cluster8",
    *,
    isa: str | InstructionSet = "xcv",
    kernels: str = "*",
    forced: Mapping[str, str] = MappingProxyType({}),
    registry: Registry | None = None,
    on_stage: Stage | None = None,
) -> CompiledModel:
    """Compiles a model file or graph for `target` and the instruction set `isa`: `rv32`, or names of extensions, as
    `xcv` or `xdec`, several joined by `+`.

    `target` is a name, the path of a folder with a `target.toml`, or a `nmcu.targets.Target`.
    `kernels` is a glob of kernel names to choose from, `forced` maps layer names to kernel names, `on_stage` is told
    what is being done. Raises a `NmcuError` that names the node, file or size for what is not supported, and warns
    (`NoGainWarning`) of N:M patterns that no layer is faster for.
    """
    say = on_stage or (lambda stage: None)
    say("reading")
    registry = registry or Registry.installed()
    chip, instructions = registry.target(target), registry.isa(isa)
    network = load(model) if isinstance(model, str | Path) else model
    say("planning")
    planned = plan.make(network, chip, instructions, registry, kernel_names=kernels, forced=forced)
    if kernels == "*" and not forced:
        _warn_of_no_gain(planned)
    say("compiling")
    program = codegen.emit(planned)
    image = toolchain.build(program, chip, instructions)
    name = Path(model).name if isinstance(model, str | Path) else network.name or "model"
    return CompiledModel(name=name, graph=network, plan=planned, program=program, image=image)


def _warn_of_no_gain(planned: Plan) -> None:
    """Of patterns of which the planner, free to choose, took dense kernels for all layers."""
    layers: dict[str, list[str]] = {}
    fast = set()
    for each in planned.layers:
        support = each.layer.support if each.kernel else None
        if each.kernel is None or support is None or support.pattern is None:
            continue
        layers.setdefault(support.name, []).append(each.name)
        if each.kernel.packed:
            fast.add(support.name)
    found = {pattern: names for pattern, names in layers.items() if pattern not in fast}
    if found:
        warnings.warn(no_gain(found, Machine(planned.target, planned.isa)), NoGainWarning, stacklevel=3)


def run(
    model: Model | CompiledModel,
    inputs: Mapping[str, Array] | None = None,
    *,
    target: str | Target = "cluster8",
    isa: str | InstructionSet = "xcv",
    core: str = "iss",
    seed: int = 0,
    registry: Registry | None = None,
    record: bool = False,
    on_stage: Stage | None = None,
) -> RunReport:
    """Runs a model on the simulated target and compares its outputs with the reference, bit for bit.

    `inputs` are arrays by name in the model's own dtype and layout; random ones from `seed` without it. `target`
    and `isa` apply to a model that is not compiled yet. `core` is the kind of core: `iss`, or another one that an
    extra brings. With `record`, transfers and waits are kept for the trace. A wrong output is reported, not raised:
    look at `RunReport.bit_exact`. Raises `SimulationFault` where the program does what the machine does not allow.
    """
    say = on_stage or (lambda stage: None)
    compiled = (
        model
        if isinstance(model, CompiledModel)
        else compile(model, target=target, isa=isa, registry=registry, on_stage=on_stage)
    )
    edge = compiled.graph.border
    feeds = dict(inputs) if inputs is not None else graph.random_inputs(compiled.graph, seed)
    device_inputs = edge.encode(feeds)
    say("simulating")
    expected_cycles = compiled.plan.predicted_cycles / 1e6
    result = simulate(
        compiled.image,
        device_inputs,
        core=core,
        recorded_events=RECORDED_EVENTS if record else 0,
        progress=lambda cycle: say(f"simulating ({cycle / 1e6:.1f} of about {expected_cycles:.1f} M cycles)"),
    )
    say("checking")
    expected = graph.reference.run(compiled.graph, device_inputs)
    return assemble(
        compiled.name,
        compiled.plan,
        compiled.image,
        result,
        core=core,
        inputs=feeds,
        outputs=edge.decode(result.outputs),
        mismatches=sum(int(np.count_nonzero(result.outputs[n] != a)) for n, a in expected.items()),
    )


def evaluate(
    model: Model,
    data: str | Path,
    *,
    target: str | Target = "cluster8",
    isa: str | InstructionSet = "xcv",
    limit: int | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    registry: Registry | None = None,
    jobs: int = 2,
    on_stage: Stage | None = None,
    on_image: Callable[[int], object] = lambda done: None,
) -> Accuracy:
    """Accuracy of an image classifier over `data`, with the program the device would run, built for this machine.

    The program is planned for `target` and `isa` as by `compile` (the result says for which), with the same kernels,
    tiles and constants; only their bodies are portable C, whose arithmetic is the same bit for bit.
    `data` is a Parquet file or a folder of folders (`nmcu.host.images`), of which `limit` images are used. The model's
    input is `(pixel / 255 - mean) / std`, with what its metadata says where `mean` and `std` are not given; a model
    whose input scale is 0.5 or more takes the pixel. Raises a `NmcuError` for what does not fit.
    """
    say = on_stage or (lambda stage: None)
    say("reading")
    network = load(model) if isinstance(model, str | Path) else model
    say("planning")
    registry = registry or Registry.installed()
    planned = plan.make(network, registry.target(target), registry.isa(isa), registry)
    say("compiling")
    return host.evaluate(
        network,
        planned,
        host.images(Path(data), limit),
        preprocessing=Preprocessing.of(network, mean, std),
        jobs=jobs,
        progress=on_image,
    )


def result_files(report: RunReport) -> dict[str, bytes]:
    """`report.html`, `trace.json`, `inputs/*.npy` and `outputs/*.npy` of a run, contents by relative path."""
    return {
        "report.html": html(report).encode(),
        "trace.json": trace(report).encode(),
        **{
            f"{folder}/{file}": _npy(arrays[name])
            for folder, arrays in (("inputs", report.inputs), ("outputs", report.outputs))
            for name, file in file_names(arrays, ".npy").items()
        },
    }


def read_inputs(model: Graph, files: list[Path]) -> dict[str, Array]:
    """The model's inputs from `.npy` files, in the order of its inputs; raises `NmcuError` for what does not fit."""
    names = [info.name for info in model.border.model_inputs]
    if len(files) != len(names):
        wanted = f"{counted(len(names), 'input')} ({', '.join(map(repr, names))})"
        raise NmcuError(f"the model has {wanted}; given: {counted(len(files), 'file')}")
    return {name: _read_npy(path) for name, path in zip(names, files, strict=True)}


def _read_npy(path: Path) -> Array:
    try:
        # Mapped first: a header that promises more data than the file has is noticed before memory is taken.
        return np.array(np.lib.format.open_memmap(path, mode="r"))
    except (OSError, ValueError, EOFError, SyntaxError, TokenError) as error:
        reason = (
            error.strerror
            if isinstance(error, OSError) and error.strerror
            else "it is not a complete .npy file"
        )
        raise NmcuError(f"cannot read the input {path}: {reason}") from error


def _npy(array: Array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
