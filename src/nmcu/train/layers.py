"""The layers of a model that can be pruned, by name, and which of them globs name."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TypeVar

from torch import nn

from nmcu.errors import NmcuError
from nmcu.sparsity import NMPattern
from nmcu.train import masks

Layer = nn.Conv1d | nn.Conv2d | nn.Linear
Value = TypeVar("Value")
NOTHING = "no layer to prune: every Conv and Linear is skipped or has fewer inputs than one block"


def prunable(model: nn.Module, globs: Iterable[str] = ()) -> dict[str, Layer]:
    """Every Conv and Linear of `model`; raises `NmcuError` where one of `globs` names none of them."""
    layers = {name: module for name, module in model.named_modules() if isinstance(module, masks.PRUNABLE)}
    for glob in globs:
        if not any(fnmatchcase(name, glob) for name in layers):
            raise NmcuError(
                f"{glob!r} matches no Conv or Linear layer; the model has: {', '.join(layers) or 'none'}"
            )
    return layers


def by_glob(pattern: str | NMPattern | Mapping[str, str | NMPattern]) -> dict[str, NMPattern]:
    """Patterns by glob of layer names, from those that a caller gives, or the one for all layers."""
    wanted = pattern if isinstance(pattern, Mapping) else {"*": pattern}
    return {glob: NMPattern.parse(each) if isinstance(each, str) else each for glob, each in wanted.items()}


def first(values: Mapping[str, Value], name: str) -> Value | None:
    """The value of the first glob that names a layer, if there is one."""
    return next((value for glob, value in values.items() if fnmatchcase(name, glob)), None)


def named(globs: Iterable[str], name: str) -> bool:
    """Whether one of `globs` names a layer."""
    return any(fnmatchcase(name, glob) for glob in globs)
