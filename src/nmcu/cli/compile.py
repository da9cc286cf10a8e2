"""`nmcu compile`: from a model to a C project."""

from pathlib import Path
from typing import Annotated

import typer

import nmcu
from nmcu import report
from nmcu.cli.options import (
    ForceOption,
    IsaOption,
    JsonOption,
    KernelOption,
    KernelsOption,
    ModelArgument,
    TargetOption,
    forced_kernels,
)
from nmcu.cli.output import progress, show, show_json
from nmcu.cli.verified import NoVerifyOption, exit_if_wrong, verified
from nmcu.errors import counted


def compile_(
    model: ModelArgument,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for the C project.")],
    target: TargetOption = "cluster8",
    isa: IsaOption = "xcv",
    kernels: KernelsOption = "*",
    kernel: KernelOption = None,
    force: ForceOption = False,
    no_verify: NoVerifyOption = False,
    json: JsonOption = False,
) -> None:
    """Write the C project of MODEL: sources, kernels, linker script, Makefile, and a README of what is in it."""
    with progress(model.name) as stage:
        compiled = nmcu.compile(
            model, target, isa=isa, kernels=kernels, forced=forced_kernels(kernel), on_stage=stage
        )
    verdict = verified(model, compiled.graph, wanted=not no_verify)
    files = compiled.files()
    report.write_folder(out, files, compiled.WRITER, force=force)
    if json:
        show_json(
            {
                "model": compiled.model,
                "target": compiled.plan.target.name,
                "isa": isa,
                "out": str(out),
                "files": sorted(files),
                "verified": verdict and verdict.to_json(),
            }
        )
    else:
        show(f"{counted(len(files), 'file')} written to {out}; `make` there builds program.elf")
        if verdict is not None:
            show(f"reading: {verdict.text}")
    exit_if_wrong(verdict)
