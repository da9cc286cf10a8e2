"""Arguments and options that several commands share."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from nmcu import isa
from nmcu.errors import NmcuError, counted
from nmcu.registry import Registry
from nmcu.toolchain import FORMS

UNITS = {"K": 1 << 10, "M": 1 << 20}


def _known_target(name: str) -> str:
    try:
        Registry.installed().target(name)
    except NmcuError as error:
        raise typer.BadParameter(str(error)) from None
    return name


def _known_fallback(name: str | None) -> str | None:
    from nmcu.api.foreign import fallback_of  # late: what else the API does is not needed for the help

    try:
        fallback_of(name)
    except NmcuError as error:
        raise typer.BadParameter(str(error)) from None
    return name


def memory_size(text: str) -> int:
    """Bytes, as `65536`, `64K` or `1.5M`, rounded down; a usage error for anything else."""
    found = re.fullmatch(r"([0-9]+)|([0-9]+(?:\.[0-9]+)?)([KM])", text.upper())
    if found is None:
        raise typer.BadParameter(f"{text!r} is no size: bytes, or a number with K or M, as 64K or 1.5M")
    whole, number, unit = found.groups()
    return int(whole) if whole else int(Decimal(number) * UNITS[unit])


def known_form(form: str) -> str:
    """`form`, which a project can have; a usage error naming the known ones where it cannot."""
    if form not in FORMS:
        raise typer.BadParameter(f"unknown form {form!r}; known forms: {', '.join(FORMS)}")
    return form


def known_targets(names: list[str] | None) -> list[str] | None:
    """`names`, each of which names a target; a usage error naming the known ones where one does not."""
    return None if not names else [_known_target(name) for name in names]


def known_isa(text: str | None) -> str | None:
    """`text`, which names an instruction set; a usage error naming the known extensions where it does not."""
    try:
        if text is not None:
            Registry.installed().isa(text)
    except NmcuError as error:
        raise typer.BadParameter(str(error)) from None
    return text


ModelArgument = Annotated[Path, typer.Argument(metavar="MODEL", help="int8 model: .tflite or .onnx")]
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
    str | None,
    typer.Option(
        "--isa",
        help="Instructions that compiler, kernels and core use: rv32 (plain RV32IMC) or extensions joined by +, of "
        f"{', '.join(extension.name for extension in isa.built_in())}, those that installed packages bring, or the "
        "folder of an extension.toml. Without it what the target names.",
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
JobsOption = Annotated[int, typer.Option("--jobs", min=1, help="Processes that measure at the same time.")]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="local|ADDRESS",
        help="Measure on a Dask cluster: one of --jobs processes on this machine, or the one whose scheduler is at "
        "this address, as tcp://host:8786 (needs the extra nmcu[search]).",
    ),
]
ReconstructOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR|FILE",
        help="Choose and fit the weights that stay for the dense layers' results on these data (no labels needed).",
    ),
]
MeanOption = Annotated[str | None, typer.Option(metavar="M|R,G,B", help="Instead of the model's nmcu.mean.")]
StdOption = Annotated[str | None, typer.Option(metavar="S|R,G,B", help="Instead of the model's nmcu.std.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]


KeepStateOption = Annotated[
    bool,
    typer.Option(
        "--keep-state",
        help="Let states last from sample to sample: they are one sequence, none starts afresh.",
    ),
]
StateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--state",
        metavar="IN=OUT",
        help="Input of MODEL that is a state, and the output that is its value in the next run (repeatable).",
    ),
]
SignatureOption = Annotated[
    str | None,
    typer.Option(
        "--signature", metavar="NAME", help="Function of MODEL, a TFLite file with several signatures."
    ),
]
FallbackOption = Annotated[
    str | None,
    typer.Option(
        "--fallback",
        metavar="iree",
        callback=_known_fallback,
        help="What runs the nodes that nmcu does not: iree (needs nmcu[iree]).",
    ),
]
ViaOption = Annotated[
    str | None,
    typer.Option(
        "--via",
        metavar="iree|iree-alone",
        callback=_known_fallback,
        help="Compile MODEL with IREE (needs nmcu[iree]): iree, with nmcu's kernels where there are some, or "
        "iree-alone, without.",
    ),
]


def one_way(fallback: str | None, via: str | None) -> str | None:
    """What `--fallback` or `--via` names; a usage error where both do."""
    if fallback is not None and via is not None:
        raise typer.BadParameter("is --via and --fallback at once: give one of them", param_hint="--via")
    return fallback or via


def named_states(options: list[str] | None) -> dict[str, str]:
    """`IN=OUT` options as a mapping; where names have `=` themselves, the first one separates."""
    states = {}
    for option in options or []:
        name, equals, value = option.partition("=")
        if not (name and equals and value):
            raise typer.BadParameter(f"{option!r} is not IN=OUT", param_hint="--state")
        if name in states:
            raise typer.BadParameter(f"input {name!r} is named twice", param_hint="--state")
        states[name] = value
    return states


def forced_kernels(options: list[str] | None) -> dict[str, str]:
    """`LAYER=NAME` options as a mapping; the last `=` separates, layer names may have some."""
    forced = {}
    for option in options or []:
        layer, equals, kernel = option.rpartition("=")
        if not (layer and equals and kernel):
            raise typer.BadParameter(f"{option!r} is not LAYER=NAME", param_hint="--kernel")
        forced[layer] = kernel
    return forced


def numbers(text: str | None) -> tuple[float, ...] | None:
    """One number or three, as of `--mean`; a usage error for anything else."""
    if text is None:
        return None
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a number or three separated by commas") from None
    if len(values) not in (1, 3):
        raise typer.BadParameter(f"{text!r} has {counted(len(values), 'number')}, one or three are needed")
    return values
