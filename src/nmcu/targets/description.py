"""Reads and checks a `target.toml`: one sentence for the first mistake."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from nmcu import cores
from nmcu.cores import Core
from nmcu.cores.core import DESCRIPTION as CORE_DESCRIPTION
from nmcu.errors import NmcuError
from nmcu.files import is_file, read_toml
from nmcu.isa import BASE
from nmcu.targets.memory import Level, Link, Role

MOST_CORES = 32
CORE = "cv32e40p"
"""The kind of core where the description does not say."""
PROGRAM_BYTES = 64 << 10
"""What is left for code and variables where the description does not say."""
PAGE_BYTES = 4096
"""What a peripheral's registers span."""
_ADDRESSES = 1 << 32
_MOST_BANKS = 1 << 16
_MOST_CYCLES = 1 << 31
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. -]*")

# Keys of each table with their types; those with a default may be missing.
_TARGET: Mapping[str, tuple[type, ...]] = {
    "name": (str,),
    "description": (str,),
    "cores": (int,),
    "core": (str,),
    "isa": (str,),
    "clock_hz": (int,),
    "stack_bytes": (int,),
    "program_bytes": (int,),
    "assumptions": (list,),
    "memory": (dict,),
    "links": (dict,),
    "event_unit": (dict,),
    "host_io": (dict,),
}
_TARGET_OPTIONAL = {"core", "isa", "program_bytes", "assumptions", "links", "event_unit"}
_LEVEL: Mapping[str, tuple[type, ...]] = {
    "roles": (list,),
    "base": (int,),
    "size": (int,),
    "banks": (int,),
    "latency_cycles": (int,),
    "core_access": (bool,),
    "executable": (bool,),
}
_LEVEL_OPTIONAL = {"banks", "latency_cycles", "core_access", "executable"}
_LINK: Mapping[str, tuple[type, ...]] = {
    "near": (str,),
    "far": (str,),
    "base": (int,),
    "bytes_per_cycle": (int, float),
    "latency_cycles": (int,),
    "queue_per_core": (int,),
    "queue_total": (int,),
}
_EVENT_UNIT: Mapping[str, tuple[type, ...]] = {"base": (int,), "wake_cycles": (int,)}
_HOST_IO: Mapping[str, tuple[type, ...]] = {"base": (int,)}
_WORDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


@dataclass(frozen=True)
class Description:
    """The content of a `target.toml`, checked; all sizes in bytes. `isa` is what programs are compiled for where nobody
    says otherwise, `event_unit` (register base, wake cycles)."""

    name: str
    description: str
    cores: int
    core: Core
    isa: str
    clock_hz: int
    stack_bytes: int
    program_bytes: int
    assumptions: tuple[str, ...]
    levels: tuple[Level, ...]
    links: tuple[Link, ...]
    host_io_base: int
    event_unit: tuple[int, int] | None


def read(path: Path) -> Description:
    """The description in `path`; raises `NmcuError` where it cannot be read or is wrong."""
    raw = read_toml(path)
    try:
        return _checked(raw, path.parent)
    except _Mistake as mistake:
        raise NmcuError(f"{path}: {mistake}") from None


class _Mistake(Exception):
    """What is wrong, without the file's name."""


def _checked(raw: Mapping[str, Any], folder: Path) -> Description:
    _keys("", raw, _TARGET, _TARGET_OPTIONAL)
    if not _NAME.fullmatch(raw["name"]):
        raise _Mistake(f"name is {raw['name']!r}; a name has letters, digits, blanks, _, . and -")
    for text in raw.get("assumptions", ()):
        if not isinstance(text, str):
            raise _Mistake(f"assumptions has {text!r}; it needs to be a list of texts")
    levels = tuple(_level(name, table) for name, table in raw["memory"].items())
    links = tuple(_link(name, table, levels) for name, table in raw.get("links", {}).items())
    _keys("host_io", raw["host_io"], _HOST_IO, set())
    event_unit = raw.get("event_unit")
    if event_unit is not None:
        _keys("event_unit", event_unit, _EVENT_UNIT, set())
        _cycles("event_unit", "wake_cycles", event_unit["wake_cycles"])
    _check_roles(levels, links)
    pages = [("host_io", raw["host_io"]["base"]), *((f"links.{link.name}", link.base) for link in links)]
    pages += [] if event_unit is None else [("event_unit", event_unit["base"])]
    for name, base in pages:
        if not 0 <= base <= _ADDRESSES - PAGE_BYTES or base % 4:
            raise _Mistake(
                f"[{name}] base is {base:#x}; registers lie at multiples of 4 and end within 32-bit addresses"
            )
    _check_overlaps(levels, pages)
    core = _core(raw.get("core", CORE), folder)
    found = Description(
        name=raw["name"],
        description=raw["description"],
        cores=raw["cores"],
        core=core,
        isa=raw.get("isa", "+".join(core.isa) or BASE),
        clock_hz=raw["clock_hz"],
        stack_bytes=raw["stack_bytes"],
        program_bytes=raw.get("program_bytes", PROGRAM_BYTES),
        assumptions=tuple(raw.get("assumptions", ())),
        levels=levels,
        links=links,
        host_io_base=raw["host_io"]["base"],
        event_unit=None if event_unit is None else (event_unit["base"], event_unit["wake_cycles"]),
    )
    _check_numbers(found)
    return found


def _core(name: str, folder: Path) -> Core:
    """The kind of core `name`: one of nmcu's, or a folder with `core.toml` in `folder`."""
    if name in cores.names():
        return cores.get(name)
    if name.isidentifier() and is_file(folder / name / CORE_DESCRIPTION):
        return Core.load(folder / name)
    raise _Mistake(
        f"core is {name!r}; known: {', '.join(cores.names())}, or the name of a folder beside this file with a "
        f"{CORE_DESCRIPTION}"
    )


def _keys(
    table: str, found: Mapping[str, Any], known: Mapping[str, tuple[type, ...]], optional: set[str]
) -> None:
    where = f"[{table}] " if table else ""
    if not isinstance(found, dict):
        raise _Mistake(f"{table} is {found!r}; it needs to be a table")
    for key in found:
        if key not in known:
            raise _Mistake(f"{where}unknown key {key!r}; known: {', '.join(known)}")
    for key, types in known.items():
        if key not in found:
            if key not in optional:
                raise _Mistake(f"{where}the key {key!r} is missing")
        elif type(found[key]) not in types:
            raise _Mistake(f"{where}{key} is {found[key]!r}; it needs to be {_WORDS[types[-1]]}")


def _level(name: str, table: Any) -> Level:
    where = f"memory.{name}"
    if not (name.isidentifier() and name.isascii()):
        raise _Mistake(f"[{where}] a memory's name is a plain word of letters, digits and _")
    _keys(where, table, _LEVEL, _LEVEL_OPTIONAL)
    known = [role.value for role in Role]
    for role in table["roles"]:
        if role not in known:
            raise _Mistake(f"[{where}] unknown role {role!r}; known: {', '.join(known)}")
    level = Level(name=name, **{**table, "roles": frozenset(Role(role) for role in table["roles"])})
    if level.base < 0 or level.size <= 0 or level.end > _ADDRESSES:
        raise _Mistake(f"[{where}] {level.size} bytes at {level.base:#x} do not lie in 32-bit addresses")
    if level.banks < 0 or level.banks & (level.banks - 1):
        raise _Mistake(f"[{where}] banks is {level.banks}; it needs to be a power of two, or 0 for none")
    if level.banks > _MOST_BANKS:
        raise _Mistake(f"[{where}] banks is {level.banks}; a memory has up to {_MOST_BANKS}")
    if level.latency_cycles < 1:
        raise _Mistake(f"[{where}] latency_cycles is {level.latency_cycles}; an access takes 1 cycle or more")
    _cycles(where, "latency_cycles", level.latency_cycles)
    return level


def _link(name: str, table: Any, levels: Sequence[Level]) -> Link:
    where = f"links.{name}"
    _keys(where, table, _LINK, set())
    link = Link(name=name, **table)
    for end in (link.near, link.far):
        if end not in {level.name for level in levels}:
            known = ", ".join(level.name for level in levels)
            raise _Mistake(f"[{where}] there is no memory {end!r}; there are: {known}")
    if link.near == link.far:
        raise _Mistake(f"[{where}] near and far are both {link.near!r}; a link joins two memories")
    if (
        not (0.1 <= link.bytes_per_cycle < math.inf)
        or link.latency_cycles < 0
        or link.queue_per_core < 1
        or link.queue_total < 1
    ):
        raise _Mistake(f"[{where}] a link moves 0.1 bytes per cycle or more and queues one transfer or more")
    _cycles(where, "latency_cycles", link.latency_cycles)
    return link


def _cycles(where: str, key: str, value: int) -> None:
    if not 0 <= value < _MOST_CYCLES:
        raise _Mistake(f"[{where}] {key} is {value}; cycles are 0 to {_MOST_CYCLES - 1}")


def _check_roles(levels: Sequence[Level], links: Sequence[Link]) -> None:
    of: dict[Role, Level] = {}
    for level in levels:
        for role in level.roles:
            if role in of:
                raise _Mistake(
                    f"the role {role} is given to {of[role].name!r} and {level.name!r}; one may have it"
                )
            of[role] = level
    for role in (Role.COMPUTE, Role.WORKING):
        if role not in of:
            raise _Mistake(f"no memory has the role {role}; one must")
        if not of[role].core_access:
            raise _Mistake(
                f"[memory.{of[role].name}] cores cannot reach it; a memory with the role {role} needs that"
            )
    for role in (Role.FLASH, Role.BULK):
        if role in of and len(of[role].roles) > 1:
            raise _Mistake(f"[memory.{of[role].name}] a memory with the role {role} can have no other role")
    joined = {frozenset((link.near, link.far)) for link in links}
    if len(joined) < len(links):
        raise _Mistake("two links join the same two memories; one may")
    if Role.BULK in of and frozenset((of[Role.BULK].name, of[Role.WORKING].name)) not in joined:
        bulk, working = of[Role.BULK].name, of[Role.WORKING].name
        raise _Mistake(
            f"[memory.{bulk}] no link joins it to {working!r}; bulk memory needs one to working memory"
        )
    if Role.FLASH in of and not of[Role.FLASH].core_access:
        raise _Mistake(f"[memory.{of[Role.FLASH].name}] cores cannot reach it; flash is read where it lies")
    places = [of[role] for role in (Role.FLASH, Role.WORKING, Role.COMPUTE) if role in of]
    if not any(level.executable for level in places):
        raise _Mistake(
            "no memory is executable; set executable = true where code may lie (flash, working or compute)"
        )


def _check_overlaps(levels: Sequence[Level], pages: Sequence[tuple[str, int]]) -> None:
    spans = [(f"memory.{level.name}", level.base, level.end) for level in levels]
    spans += [(name, base, base + PAGE_BYTES) for name, base in pages]
    for (a, a_start, a_end), (b, b_start, b_end) in combinations(spans, 2):
        if a_start < b_end and b_start < a_end:
            raise _Mistake(
                f"[{a}] at {a_start:#x} to {a_end - 1:#x} overlaps [{b}] at {b_start:#x} to {b_end - 1:#x}"
            )


def _check_numbers(found: Description) -> None:
    if not 1 <= found.cores <= MOST_CORES:
        raise _Mistake(f"cores is {found.cores}; a chip has 1 to {MOST_CORES}")
    if found.clock_hz <= 0:
        raise _Mistake(f"clock_hz is {found.clock_hz}; it needs to be positive")
    if found.stack_bytes < 256 or found.stack_bytes % 16:
        raise _Mistake(f"stack_bytes is {found.stack_bytes}; it needs to be a multiple of 16 from 256 on")
    if found.program_bytes < 0:
        raise _Mistake(f"program_bytes is {found.program_bytes}; it cannot be negative")
    compute = next(level for level in found.levels if Role.COMPUTE in level.roles)
    stacks = found.cores * found.stack_bytes
    if stacks >= compute.size:
        raise _Mistake(f"the stacks take {stacks:,} bytes, [memory.{compute.name}] has {compute.size:,}")
