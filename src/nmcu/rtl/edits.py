"""What an extension changes in the core's own files: edits of single places, read from `edits.toml`.

Logic belongs in units of the extension's own. What is left are edits: each names a piece of an installed file (its
anchor, which must occur exactly once) and the text that goes before it, after it or in its place. The core itself is
never copied into this repository.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from nmcu.rtl.errors import RtlError

PLACES = ("before", "after", "replace")


@dataclass(frozen=True)
class Edit:
    """One change: `text` goes before, after, or in place of `anchor` in `file`."""

    file: str
    where: Literal["before", "after", "replace"]
    anchor: str
    text: str

    def apply(self, source: str) -> str:
        """`source` with this edit made; raises ValueError unless the anchor occurs exactly once."""
        found = source.count(self.anchor)
        if found != 1:
            raise ValueError(f"the anchor {self.anchor!r} occurs {found} times")
        parts = {
            "before": self.text + self.anchor,
            "after": self.anchor + self.text,
            "replace": self.text,
        }
        return source.replace(self.anchor, parts[self.where])


def read(path: Path) -> tuple[Edit, ...]:
    """The edits of the file `path`, in order; raises `RtlError` naming file and key for what is missing or wrong."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RtlError(f"cannot read the edits {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RtlError(f"{path} is not valid TOML: {error}") from error
    for key in raw:
        if key != "edit":
            raise RtlError(f"{path}: unknown key {key!r}; edits are tables [[edit]]")
    tables = raw.get("edit", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise RtlError(f"{path}: edit is no list of tables; write each edit under [[edit]]")
    return tuple(_edit(f"{path}, edit {number}", table) for number, table in enumerate(tables, 1))


def _edit(place: str, table: Mapping[str, Any]) -> Edit:
    known = tuple(field.name for field in fields(Edit))
    for key in table:
        if key not in known:
            raise RtlError(f"{place}: unknown key {key!r}; known: {', '.join(known)}")
    for key in known:
        if not isinstance(table.get(key), str):
            raise RtlError(f"{place}: {key} is {table.get(key)!r}; a text is needed")
    edit = Edit(**table)
    if edit.where not in PLACES:
        raise RtlError(f"{place}: where is {edit.where!r}; known: {', '.join(PLACES)}")
    if not edit.anchor:
        raise RtlError(
            f"{place}: anchor is empty; it names the piece of {edit.file} that the text belongs to"
        )
    return edit


def apply_all(
    sources: Mapping[str, str], edits: Mapping[str, tuple[Edit, ...]], core: str = "this core"
) -> dict[str, str]:
    """A copy of `sources` (file name to text) with every edit made, by extension, in order.

    Raises `RtlError` for an edit that does not fit `core`, or that another extension's edits have spoilt.
    """
    result = dict(sources)
    done: list[tuple[str, dict[str, str]]] = []  # each extension, and the texts before it
    for name, of_extension in edits.items():
        done.append((name, dict(result)))
        for edit in of_extension:
            if edit.file not in result:
                raise RtlError(f"the extension {name!r} edits {edit.file}, which is no file of {core}")
            try:
                result[edit.file] = edit.apply(result[edit.file])
            except ValueError as error:
                raise RtlError(_misfit(name, edit, str(error), done, core)) from error
    return result


def _misfit(name: str, edit: Edit, problem: str, done: list[tuple[str, dict[str, str]]], core: str) -> str:
    """Whose fault it is that `edit` finds its anchor not once: another extension's, or that of `name` itself."""
    befores = [texts[edit.file].count(edit.anchor) for _, texts in done]
    for index in range(len(done) - 1):
        if befores[index] == 1 != befores[index + 1]:
            return (
                f"the extensions {done[index][0]!r} and {name!r} cannot be in one core: {problem} in {edit.file} "
                f"once {done[index][0]!r} has edited it, and {name!r} needs it once"
            )
    return (
        f"{edit.file}: {problem}, expected once; the edits of the extension {name!r} do not fit {core} "
        "(or each other)"
    )
