"""`nmcu compile`: from a model to a C project."""

from pathlib import Path
from typing import Annotated

import typer

import nmcu
from nmcu import api, report, toolchain
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
    known_form,
    memory_size,
    named_states,
    one_way,
)
from nmcu.cli.output import progress, show, show_json
from nmcu.cli.verified import NoVerifyOption, exit_if_wrong, verified
from nmcu.errors import counted


def compile_(
    model: ModelArgument,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for the C project.")],
    form: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="FORM",
            callback=known_form,
            help=f"Build system ({', '.join(toolchain.FORMS)}): a program, or a library for one.",
        ),
    ] = toolchain.MAKE,
    name: Annotated[
        str | None, typer.Option(help="What the network's C functions begin with (default: MODEL's name).")
    ] = None,
    target: TargetOption = "cluster8",
    isa: IsaOption = None,
    kernels: KernelsOption = "*",
    kernel: KernelOption = None,
    state: StateOption = None,
    signature: SignatureOption = None,
    fallback: FallbackOption = None,
    via: ViaOption = None,
    max_ram: Annotated[
        int | None,
        typer.Option(
            metavar="SIZE", help="Fail where it takes more RAM: bytes, or 96K, 1M.", parser=memory_size
        ),
    ] = None,
    max_flash: Annotated[
        int | None, typer.Option(metavar="SIZE", help="Fail where it takes more flash.", parser=memory_size)
    ] = None,
    force: ForceOption = False,
    no_verify: NoVerifyOption = False,
    json: JsonOption = False,
) -> None:
    """Write the C of MODEL: a project with linker script and Makefile, or a library for a build system."""
    with progress(model.name) as stage:
        stage("reading")
        network = api.read(model, named_states(state), signature, one_way(fallback, via))
        compiled = nmcu.compile(
            network,
            target,
            isa=isa,
            kernels=kernels,
            forced=forced_kernels(kernel),
            name=name,
            on_stage=stage,
        )
    report.check_budget(compiled.model, compiled.plan, compiled.image, max_ram, max_flash)
    verdict = verified(model, compiled.graph, signature=signature, wanted=not no_verify)
    files = compiled.files(form)
    report.write_folder(out, files, compiled.WRITER, force=force)
    if json:
        show_json(
            {
                "model": compiled.model,
                "target": compiled.plan.target.name,
                "isa": str(compiled.plan.isa),
                "form": form,
                "name": compiled.program.network.name,
                "out": str(out),
                "files": sorted(files),
                "verified": verdict and verdict.to_json(),
            }
        )
    else:
        what = (
            "`make` there builds program.elf"
            if form == toolchain.MAKE
            else f"README.md there says how {form} takes it in"
        )
        show(f"{counted(len(files), 'file')} written to {out}; {what}")
        if verdict is not None:
            show(f"reading: {verdict.text}")
    exit_if_wrong(verdict)
