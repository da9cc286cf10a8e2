"""One kind of core: a folder with `core.toml`, and the wrapper of its RTL where a package brings that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from nmcu.errors import NmcuError
from nmcu.files import read_toml

CORES_DIR = Path(__file__).parent
DESCRIPTION = "core.toml"
KEYS = ("description", "isa", "source", "assumptions", "timing", "rtl")
MOST_CYCLES = 1000
"""Of an instruction."""
MAY_BE_NONE = ("load_use", "divide")
"""Of what a core may wait no cycle, or as a CV32E40P does."""


@dataclass(frozen=True)
class Timing:
    """Cycles of instructions where nothing else is in their way; the defaults are a CV32E40P's.

    `taken_branch` and `jump` are without the cycle more of a target that is a 32-bit instruction across a word
    boundary; a branch that is not taken takes one. With `remembers_branch` the last taken branch backwards takes one,
    too, when it is met again. `load_use` is what an instruction waits that reads what the one before it loads, with
    `load_overwrite` also one that writes that register. `early_jumps` is how a CV32E40P carries out jumps. `divide` is
    0 where it depends on the divisor as a CV32E40P's does.
    """

    taken_branch: int = 3
    jump: int = 2
    early_jumps: bool = True
    remembers_branch: bool = False
    load: int = 1
    store: int = 1
    load_use: int = 1
    load_overwrite: bool = True
    multiply: int = 1
    multiply_high: int = 5
    divide: int = 0
    csr_flush: int = 4


@dataclass(frozen=True)
class Rtl:
    """Where a core's RTL comes from: an installed `package`, whose `files` (in order; their SHA-256) are compiled with
    `wrapper`, a module `nmcu_core` of ours in the core's folder.

    `root` and `files` are paths in the package, `include` folders there; `flags` go to Verilator. The core starts at
    `reset_offset` from a multiple of `reset_alignment`. `late_request`: its data request depends on this cycle's
    response, and not on registers alone.
    """

    package: str
    version: str
    sha256: str
    root: str
    files: tuple[str, ...]
    wrapper: str
    include: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    reset_alignment: int = 1
    reset_offset: int = 0
    late_request: bool = False


@dataclass(frozen=True)
class Core:
    """A kind of core. `source` says where its timing is from, `assumptions` what of it no measurement backs; `isa` is
    what it runs beside RV32IMC."""

    name: str
    description: str
    isa: tuple[str, ...]
    source: str
    assumptions: tuple[str, ...]
    timing: Timing
    rtl: Rtl | None
    folder: Path = field(compare=False)

    @staticmethod
    def load(folder: Path) -> "Core":
        """The core in `folder`; raises `NmcuError` for a key or value that does not belong in its `core.toml`."""
        path = folder / DESCRIPTION
        raw = read_toml(path)
        try:
            return _checked(raw, folder)
        except (TypeError, ValueError) as error:
            raise NmcuError(f"{path}: {error}") from error


def _checked(raw: Mapping[str, Any], folder: Path) -> Core:
    """The core of a description; raises ValueError for what does not belong in one."""
    for key in raw:
        if key not in KEYS:
            raise ValueError(f"unknown key {key!r}; known: {', '.join(KEYS)}")
    rtl = raw.get("rtl")
    return Core(
        name=folder.name,
        description=_text(raw, "description"),
        isa=_texts(raw, "isa"),
        source=_text(raw, "source"),
        assumptions=_texts(raw, "assumptions"),
        timing=_timing(raw.get("timing", {})),
        rtl=None if rtl is None else Rtl(**_tuples(rtl)),
        folder=folder,
    )


def _text(raw: Mapping[str, Any], key: str) -> str:
    if not isinstance(found := raw.get(key), str):
        raise ValueError(f"{key} is missing" if found is None else f"{key} is {found!r}; a text is needed")
    return found


def _texts(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = raw.get(key, [])
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise ValueError(f"{key} is {found!r}; a list of texts is needed")
    return tuple(found)


def _timing(table: Any) -> Timing:
    """The timing of a table; raises ValueError for a key or value that does not belong in it."""
    if not isinstance(table, dict):
        raise ValueError(f"timing is {table!r}; a table [timing] is needed")
    defaults = vars(Timing())
    for key, value in table.items():
        if key not in defaults:
            raise ValueError(f"[timing] unknown key {key!r}; known: {', '.join(defaults)}")
        if type(value) is not type(defaults[key]):
            kind = "true or false" if isinstance(defaults[key], bool) else "a whole number"
            raise ValueError(f"[timing] {key} is {value!r}; it needs to be {kind}")
        if not isinstance(value, bool) and not (0 if key in MAY_BE_NONE else 1) <= value <= MOST_CYCLES:
            raise ValueError(f"[timing] {key} is {value}; an instruction takes up to {MOST_CYCLES} cycles")
    return Timing(**table)


def _tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}


@cache
def names() -> tuple[str, ...]:
    """Names of all cores, sorted."""
    return tuple(sorted(path.parent.name for path in CORES_DIR.glob(f"*/{DESCRIPTION}")))


@cache
def get(name: str) -> Core:
    """The core called `name`; raises `NmcuError` naming the known ones."""
    if name not in names():
        raise NmcuError(f"unknown core {name!r}; known cores: {', '.join(names())}")
    return Core.load(CORES_DIR / name)
