"""What installed packages add, by the entry points of four groups.

`nmcu.targets` and `nmcu.isa` name a folder (a `Path`) with a description, or a `Target` or `Extension`;
`nmcu.kernels` a `Kernel` and `nmcu.operators` an `Operator`; each of them one value or several.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

from nmcu.errors import NmcuError
from nmcu.isa import Extension
from nmcu.kernels import Kernel
from nmcu.operators import Operator
from nmcu.targets import Target

T = TypeVar("T")


@dataclass(frozen=True)
class Plugin:
    """What one package adds by one group of entry points."""

    package: str
    targets: tuple[Target, ...] = ()
    extensions: tuple[Extension, ...] = ()
    kernels: tuple[Kernel, ...] = ()
    operators: tuple[Operator, ...] = ()


def installed() -> Iterator[Plugin]:
    """What every package with entry points of nmcu brings; raises `NmcuError` naming package and entry point where one
    cannot be loaded."""
    for point in _points("nmcu.targets"):
        yield Plugin(_package(point), targets=_loaded(point, _target))
    for point in _points("nmcu.isa"):
        yield Plugin(_package(point), extensions=_loaded(point, _extension))
    for point in _points("nmcu.kernels"):
        yield Plugin(_package(point), kernels=_loaded(point, _kernel))
    for point in _points("nmcu.operators"):
        yield Plugin(_package(point), operators=_loaded(point, _operator))


def _points(group: str) -> list[EntryPoint]:
    return sorted(entry_points(group=group), key=lambda point: (_package(point), point.name))


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unknown package"


def _loaded(point: EntryPoint, one: Callable[[Any], T]) -> tuple[T, ...]:
    try:
        value = point.load()
        several = isinstance(value, Iterable) and not isinstance(value, str | Path)
        return tuple(one(item) for item in (value if several else (value,)))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # importing somebody's package may raise anything, SystemExit too
        raise NmcuError(
            f"the entry point {point.name!r} ({point.group}) of the package {_package(point)} cannot be used: "
            f"{type(error).__name__}: {error}"
        ) from error


def _target(value: Any) -> Target:
    return value if isinstance(value, Target) else Target.load(_folder(value, "a Target"))


def _extension(value: Any) -> Extension:
    return value if isinstance(value, Extension) else Extension.load(_folder(value, "an Extension"))


def _folder(value: Any, otherwise: str) -> Path:
    if not isinstance(value, Path):
        raise TypeError(f"it is {value!r}; the Path of a folder or {otherwise} is needed")
    return value


def _kernel(value: Any) -> Kernel:
    if not isinstance(value, Kernel):
        raise TypeError(f"it is {value!r}; an instance of a subclass of Kernel is needed")
    return value


def _operator(value: Any) -> Operator:
    if not isinstance(value, Operator):
        raise TypeError(f"it is {value!r}; an Operator is needed")
    return value
