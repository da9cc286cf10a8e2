"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from nmcu import isa
from nmcu.errors import NmcuError
from nmcu.registry import Registry


def _known_target(name: str) -> str:
    try:
        Registry.installed().target(name)
    except NmcuError as error:
        raise typer.BadParameter(str(error)) from None
    return name


def known_isa(text: str) -> str:
    """`text`, which names an instruction set; a usage error naming the known extensions where it does not."""
    try:
        Registry.installed().isa(text)
    except NmcuError as error:
        raise typer.BadParameter(str(error)) from None
    return text


ModelArgument = Annotated[Path, typer.Argument(metavar="MODEL", help="int8 model: .tflite or QDQ .onnx")]
TargetOption = Annotated[
    str,
    typer.Option(
        "--target",
        help="Machine: a name, or the folder of a target.toml.",
        callback=_known_target,
        metavar="NAME|FOLDER",
    ),
]
IsaOption = Annotated[
    str,
    typer.Option(
        "--isa",
        help="Instructions that compiler, kernels and core use: rv32 (plain RV32IMC) or extensions joined by +, of "
        f"{', '.join(extension.name for extension in isa.built_in())}, those that installed packages bring, or the "
        "folder of an extension.toml.",
        callback=known_isa,
        metavar="NAME|FOLDER",
    ),
]
KernelsOption = Annotated[
    str,
    typer.Option("--kernels", metavar="GLOB", help="Kernels to choose from, where a layer leaves a choice."),
]
KernelOption = Annotated[
    list[str] | None,
    typer.Option("--kernel", metavar="LAYER=NAME", help="Force the kernel of a layer (repeatable)."),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Overwrite files in DIR that nmcu did not write or that were changed.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]


def forced_kernels(options: list[str] | None) -> dict[str, str]:
    """`LAYER=NAME` options as a mapping; the last `=` separates, layer names may have some."""
    forced = {}
    for option in options or []:
        layer, equals, kernel = option.rpartition("=")
        if not (layer and equals and kernel):
            raise typer.BadParameter(f"{option!r} is not LAYER=NAME", param_hint="--kernel")
        forced[layer] = kernel
    return forced
