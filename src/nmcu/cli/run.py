"""`nmcu run`: from a model to verified cycles."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

import nmcu
from nmcu import api, report
from nmcu.cli.options import (
    FallbackOption,
    ForceOption,
    IsaOption,
    JsonOption,
    KernelOption,
    KernelsOption,
    ModelArgument,
    SignatureOption,
    StateOption,
    TargetOption,
    ViaOption,
    forced_kernels,
    named_states,
    one_way,
)
from nmcu.cli.output import progress, show, show_json
from nmcu.cli.say import say
from nmcu.cli.verified import NoVerifyOption, exit_if_wrong, verified


def run(
    model: ModelArgument,
    target: TargetOption = "cluster8",
    isa: IsaOption = None,
    sim: Annotated[
        str,
        typer.Option(
            "--sim", metavar="CORE", help="Kind of core: iss (fast) or rtl (the real core; needs nmcu[rtl])."
        ),
    ] = "iss",
    inputs: Annotated[
        list[Path] | None,
        typer.Option(
            "--input",
            metavar="FILE.npy",
            help="Input in the model's own dtype and layout (repeat for several inputs, in order), with a leading axis "
            "of steps for a sequence, in which states last; random without it.",
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Length of a sequence of random inputs.")
    ] = None,
    state: StateOption = None,
    signature: SignatureOption = None,
    fallback: FallbackOption = None,
    via: ViaOption = None,
    seed: Annotated[int, typer.Option(help="Seed of the random input.", min=0)] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Keep inputs, outputs, report, program.elf, plan.json and C project."
        ),
    ] = None,
    force: ForceOption = False,
    kernels: KernelsOption = "*",
    kernel: KernelOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the kernels each layer could use, predicted and measured.")
    ] = False,
    stalls: Annotated[bool, typer.Option("--stalls", help="Show stalls by cause for every layer.")] = False,
    no_verify: NoVerifyOption = False,
    json: JsonOption = False,
) -> None:
    """Compile MODEL, run it on the simulated machine and compare every output with the reference, bit for bit.

    The exit code is 0 only if all outputs are equal, and what was read from MODEL agrees with its runtime.
    """
    forced = forced_kernels(kernel)
    with progress(model.name) as stage:
        stage("reading")
        network = api.read(model, named_states(state), signature, one_way(fallback, via))
        compiled = nmcu.compile(network, target, isa=isa, kernels=kernels, forced=forced, on_stage=stage)
        feeds = api.read_inputs(compiled.graph, inputs) if inputs else None
        if out is not None:
            report.check_folder(out, compiled.run_files(), force=force)
        result = nmcu.run(
            compiled, feeds, core=sim, seed=seed, steps=steps, record=out is not None, on_stage=stage
        )
    verdict = verified(model, compiled.graph, signature=signature, wanted=not no_verify)
    result = replace(result, verified=verdict)
    paths: dict[str, str] = {}
    if out is not None:
        files = {**compiled.run_files(), **result.files()}
        report.write_folder(out, files, result.WRITER, force=force)
        names = report.file_names(result.outputs, ".npy")
        paths = {name: str(out / "outputs" / file) for name, file in names.items()}
    if json:
        show_json(result.to_json(paths))
    else:
        show(report.run_table(result))
        if explain:
            show(report.explain_table(nmcu.explain(compiled, result, kernels=kernels)))
        if stalls:
            show(report.stall_table(result))
    if not result.bit_exact:
        say(f"nmcu: {result.mismatches} output values of {model} differ from the reference")
        raise typer.Exit(1)
    exit_if_wrong(verdict)
