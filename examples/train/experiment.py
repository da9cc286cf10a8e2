"""One experiment: a TOML file as checked, frozen values."""

import dataclasses
import tomllib
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nmcu.errors import NmcuError


@dataclass(frozen=True)
class Data:
    """Image `size` in pixels, `(pixel / 255 - mean) / std`, shifts of up to `pad`, `holdout` images for decisions.

    `growth` [[epoch, size], ...] makes the float phase see smaller images first, which take less time; `cutout` blanks
    a square of so many pixels in every training image.
    """

    size: int = 32
    mean: float = 128 / 255
    std: float = 0.25
    pad: int = 4
    holdout: int = 5000
    growth: list[list[int]] = field(default_factory=list)
    cutout: int = 0


@dataclass(frozen=True)
class Phase:
    """A number of epochs with one `schedule`, cosine or onecycle, warm-up in epochs; `optimizer` is sgd, adamw or step.

    `average` is the decay of an average of the weights, which is what the phase ends with; 0 for none. `step` is AdamW
    whose second moments are fixed after `precondition` epochs (`nmcu.train.PreconditionedAdamW`).
    """

    epochs: int
    batch: int = 128
    optimizer: str = "sgd"
    lr: float = 0.1
    schedule: str = "cosine"
    warmup: float = 0.0
    weight_decay: float = 5e-4
    smoothing: float = 0.0
    clip: float = 0.0
    average: float = 0.0
    precondition: float = 0.0

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise NmcuError(f"a batch of {self.batch} images is not possible: at least 1 is needed")


@dataclass(frozen=True)
class Sparsity:
    """`pattern`, one for each layer by name, or a gradual schedule [[epoch, pattern], ...]; layers to `skip`, mask
    `interval` in steps.

    Pruned weights `fade` out over so many epochs; `permute` reorders channels before, and `reconstruct` prunes before
    training, by so many batches (`nmcu.train.reconstruct`).
    """

    pattern: str | dict[str, str] | list[list[Any]]
    skip: list[str] = field(default_factory=list)
    interval: int = 1
    decay: float = 2e-4
    fade: float = 0.0
    permute: bool = False
    reconstruct: int = 0


@dataclass(frozen=True)
class Distillation:
    """A finished experiment of the same data as `teacher`, its `weight` in the loss and `temperature`."""

    teacher: str
    weight: float = 0.9
    temperature: float = 4.0


@dataclass(frozen=True)
class Experiment:
    """A network, its float phase (sparse where `sparsity` is given), its int8 phase."""

    name: str
    model: dict[str, Any]
    train: Phase
    quantize: Phase
    data: Data = Data()
    sparsity: Sparsity | None = None
    distill: Distillation | None = None
    start: str | None = None
    seed: int = 0


_TABLES: dict[str, type] = {
    "train": Phase,
    "quantize": Phase,
    "data": Data,
    "sparsity": Sparsity,
    "distill": Distillation,
}


def read(path: Path) -> Experiment:
    """The experiment in the TOML file `path`, named after it; raises `NmcuError` for unknown or missing keys."""
    try:
        raw = tomllib.loads(path.read_text())
    except OSError as error:
        raise NmcuError(f"{path} cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise NmcuError(f"{path} is not an experiment: {error}") from error
    return restored({"name": path.stem, **raw}, str(path))


def restored(raw: dict[str, Any], where: str) -> Experiment:
    """The experiment that `raw` holds as nested dictionaries; keys that are left out have their defaults.

    Raises `NmcuError`, naming `where`, for unknown or missing keys.
    """
    tables = {k: v for k, v in raw.items() if k in _TABLES and v is not None}
    made = {k: _make(_TABLES[k], v, f"{where}, [{k}]") for k, v in tables.items()}
    experiment: Experiment = _make(Experiment, {**raw, **made}, where)
    return experiment


def _make(kind: type, values: dict[str, Any], where: str) -> Any:
    if not isinstance(values, dict):
        raise NmcuError(f"{where} is {values!r}; a table is needed")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    needed = {
        n
        for n, f in fields.items()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }
    for wrong, what in ((set(values) - set(fields), "unknown"), (needed - set(values), "missing")):
        if wrong:
            raise NmcuError(f"{where}: {what} key {sorted(wrong)[0]!r}; the keys are {', '.join(fields)}")
    for name, value in values.items():
        _check_type(f"{where}: {name}", value, typing.get_type_hints(kind)[name])
    return kind(**values)


def _check_type(where: str, value: Any, wanted: Any) -> None:
    """TOML has the types; numbers count as each other where whole."""
    if wanted is int and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise NmcuError(f"{where} is {value!r}; a whole number, 0 or more, is needed")
    if wanted is float and (not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0):
        raise NmcuError(f"{where} is {value!r}; a number, 0 or more, is needed")
    if wanted is str and not isinstance(value, str):
        raise NmcuError(f"{where} is {value!r}; a word in quotes is needed")
    if wanted == list[list[int]] and not _is_pairs(value, int):
        raise NmcuError(
            f"{where} is {value!r}; pairs [first epoch, size], in whole numbers above 0, are needed"
        )
    if wanted == str | dict[str, str] | list[list[Any]] and not _is_pattern(value):
        raise NmcuError(
            f"{where} is {value!r}; a pattern in quotes, a table of them by layer, or pairs [first epoch, pattern], "
            "are needed"
        )


def _is_pattern(value: Any) -> bool:
    """Whether it is a word, words by names, or pairs of an epoch and a word."""
    if isinstance(value, dict):
        return bool(value) and all(isinstance(pattern, str) for pattern in value.values())
    return isinstance(value, str) or _is_pairs(value, str)


def _is_pairs(value: Any, second: type) -> bool:
    """Whether it is a list of [epoch, something]; a number for `second` is above 0."""
    return isinstance(value, list) and all(
        isinstance(pair, list)
        and len(pair) == 2
        and isinstance(pair[0], int | float)
        and pair[0] >= 0
        and isinstance(pair[1], second)
        and (not isinstance(pair[1], int) or pair[1] > 0)
        for pair in value
    )
