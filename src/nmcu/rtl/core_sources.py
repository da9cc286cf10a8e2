"""The RTL of the core: the installed files, in order, if they are the right version, and what extensions change."""

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

from nmcu import cores
from nmcu.cores import Core, Rtl
from nmcu.isa import Extension, InstructionSet, rows
from nmcu.isa.extension import FILE as EXTENSION_FILE
from nmcu.registry import Registry
from nmcu.rtl import edits
from nmcu.rtl.errors import RtlError

EDITED = "cv32e40p"
"""The core that extensions change."""


def install_dir(core: Core) -> Path:
    """The folder of the installed RTL of `core`; raises `RtlError` where there is none, or the extra is missing."""
    rtl = rtl_of(core)
    spec = importlib.util.find_spec(rtl.package)
    if spec is None or spec.origin is None:
        raise RtlError(f"the core's RTL ({rtl.package}) is not installed: pip install 'nmcu[rtl]'")
    return Path(spec.origin).parent / rtl.root


def rtl_of(core: Core) -> Rtl:
    """Where the RTL of `core` comes from; raises `RtlError` where nothing does."""
    if core.rtl is None:
        with_rtl = ", ".join(name for name in cores.names() if cores.get(name).rtl)
        raise RtlError(
            f"there is no RTL of the core {core.name!r}, only of {with_rtl}: run it on the instruction-set simulator "
            "(--sim iss)"
        )
    return core.rtl


def _installed_sources(core: Core) -> dict[str, str]:
    rtl, folder = rtl_of(core), install_dir(core)
    sources: dict[str, str] = {}
    for name in rtl.files:
        path = folder / name
        if not path.exists():
            raise RtlError(
                f"{path} is missing; nmcu needs {rtl.package} {rtl.version}: pip install 'nmcu[rtl]'"
            )
        sources[Path(name).name] = path.read_text()
    digest = hashlib.sha256("".join(sources.values()).encode()).hexdigest()
    if digest != rtl.sha256:
        raise RtlError(
            f"the RTL in {folder} (SHA-256 {digest[:16]}...) is not that of {rtl.package} {rtl.version} "
            f"({rtl.sha256[:16]}...), which nmcu needs: pip install '{rtl.package}=={rtl.version}'"
        )
    return sources


def sources(isa: InstructionSet, core: Core | None = None) -> dict[str, str]:
    """SystemVerilog by file name, in compile order: the installed core (a CV32E40P where none is named) with what the
    extensions of `isa` add to it.

    Raises `RtlError` if the extra is missing, the installed core is another version, or an extension does not fit it.
    """
    core = core or cores.get(EDITED)
    installed = _installed_sources(core)
    parts = with_hardware(isa)
    if not parts:
        return installed
    rtl = rtl_of(core)
    package = f"{rtl.package} {rtl.version}"
    edited = edits.apply_all(installed, _edits(isa), package)
    packages = [Path(f).name for f in rtl.files if f.startswith("include/")]
    rest = [name for name in edited if name not in packages]
    units = _units(parts, installed, package)
    return {n: edited[n] for n in packages} | units | {n: edited[n] for n in rest}


def accepted(isa: InstructionSet) -> InstructionSet:
    """What a core for `isa` accepts: always CORE-V, too (`COREV_PULP` = 1).

    Raises `NmcuError` where an extension uses encodings or CSRs of CORE-V.
    """
    both = InstructionSet.of({*Registry.built_in().isa("xcv").extensions, *isa.extensions})
    rows.check(both.extensions)
    return both


def with_hardware(isa: InstructionSet) -> tuple[Extension, ...]:
    """The extensions of `isa` that change the core's RTL; raises `RtlError` for one that describes no hardware."""
    for extension in isa.extensions:
        if extension.rtl is None:
            raise RtlError(
                f"the extension {extension.name!r} has no hardware: {extension.folder / EXTENSION_FILE} has no table "
                "[rtl]; run it on the instruction-set simulator (--sim iss)"
            )
    return tuple(e for e in isa.extensions if e.rtl and (e.rtl.units or e.rtl.edits))


def edited_files(isa: InstructionSet) -> frozenset[str]:
    """The names of the core's files that the extensions of `isa` edit."""
    return frozenset(edit.file for of_extension in _edits(isa).values() for edit in of_extension)


def _edits(isa: InstructionSet) -> dict[str, tuple[edits.Edit, ...]]:
    """By extension, in order."""
    return {e.name: edits.read(e.rtl.edits) for e in with_hardware(isa) if e.rtl and e.rtl.edits}


def _units(extensions: Sequence[Extension], core: Mapping[str, str], package: str) -> dict[str, str]:
    """The extensions' own units by file name."""
    units: dict[str, str] = {}
    owner = dict.fromkeys(core, package)
    for extension in extensions:
        for path in extension.rtl.units if extension.rtl else ():
            if path.name in owner:
                raise RtlError(
                    f"the extension {extension.name!r} has a unit {path.name}, and so has {owner[path.name]}: "
                    "name the file (and the module in it) after the extension"
                )
            owner[path.name] = f"the extension {extension.name!r}"
            units[path.name] = path.read_text(encoding="utf-8")
    return units


def write_sources(folder: Path, isa: InstructionSet, core: Core | None = None) -> list[Path]:
    """Write `sources(isa, core)` into `folder` (made if missing) and return the paths in compile order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in sources(isa, core).items():
        path = folder / name
        path.write_text(text)
        paths.append(path)
    return paths
