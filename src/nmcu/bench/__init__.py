"""The benchmarks behind every figure; each module is imported when it is first used, also as `nmcu.bench.kernels`."""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nmcu.bench import against_rtl as against_rtl
    from nmcu.bench import differential as differential
    from nmcu.bench import eval as eval
    from nmcu.bench import fit as fit
    from nmcu.bench import kernels as kernels
    from nmcu.bench import mix as mix
    from nmcu.bench import networks as networks
    from nmcu.bench import paper as paper
    from nmcu.bench import sim as sim
    from nmcu.bench import workers as workers

_MODULES = (
    "against_rtl",
    "differential",
    "eval",
    "fit",
    "kernels",
    "mix",
    "networks",
    "paper",
    "sim",
    "workers",
)


def __getattr__(name: str) -> ModuleType:
    if name in _MODULES:
        return import_module(f"nmcu.bench.{name}")
    raise AttributeError(f"module 'nmcu.bench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*_MODULES, *(name for name in globals() if name.startswith("__"))})
