"""The RTL of the core: the installed files, in order, if they are the right version, and what extensions change."""

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

from nmcu.isa import Extension, InstructionSet, rows
from nmcu.isa.extension import FILE as EXTENSION_FILE
from nmcu.registry import Registry
from nmcu.rtl import edits
from nmcu.rtl.errors import RtlError

PACKAGE = "pythondata_cpu_cv32e40p"
VERSION = "1.0.1.post1909"
SHA256 = "758c67fa41d7983a7843bc9b1420d03ea0dd6082ac5ae7d0b8dd9f60dfd79c67"
HARDWARE_DIR = Path(__file__).parent / "hardware"

# The package's own manifest without the FPU, the wrapper and the tracer, packages first.
FILES = (
    "include/cv32e40p_apu_core_pkg.sv",
    "include/cv32e40p_fpu_pkg.sv",
    "include/cv32e40p_pkg.sv",
    "cv32e40p_if_stage.sv",
    "cv32e40p_cs_registers.sv",
    "cv32e40p_register_file_ff.sv",
    "cv32e40p_load_store_unit.sv",
    "cv32e40p_id_stage.sv",
    "cv32e40p_aligner.sv",
    "cv32e40p_decoder.sv",
    "cv32e40p_compressed_decoder.sv",
    "cv32e40p_fifo.sv",
    "cv32e40p_prefetch_buffer.sv",
    "cv32e40p_hwloop_regs.sv",
    "cv32e40p_mult.sv",
    "cv32e40p_int_controller.sv",
    "cv32e40p_ex_stage.sv",
    "cv32e40p_alu_div.sv",
    "cv32e40p_alu.sv",
    "cv32e40p_ff_one.sv",
    "cv32e40p_popcnt.sv",
    "cv32e40p_apu_disp.sv",
    "cv32e40p_controller.sv",
    "cv32e40p_obi_interface.sv",
    "cv32e40p_prefetch_controller.sv",
    "cv32e40p_sleep_unit.sv",
    "cv32e40p_core.sv",
    "cv32e40p_top.sv",
)
CLOCK_GATE = "../bhv/cv32e40p_sim_clock_gate.sv"


def install_dir() -> Path:
    """Folder `system_verilog` of the installed core; raises `RtlError` where the extra is missing."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise RtlError(f"the core's RTL ({PACKAGE}) is not installed: pip install 'nmcu[rtl]'")
    return Path(spec.origin).parent / "system_verilog"


def _installed_sources() -> dict[str, str]:
    rtl = install_dir() / "rtl"
    sources: dict[str, str] = {}
    for name in (*FILES, CLOCK_GATE):
        path = rtl / name
        if not path.exists():
            raise RtlError(f"{path} is missing; nmcu needs {PACKAGE} {VERSION}: pip install 'nmcu[rtl]'")
        sources[Path(name).name] = path.read_text()
    digest = hashlib.sha256("".join(sources.values()).encode()).hexdigest()
    if digest != SHA256:
        raise RtlError(
            f"the RTL in {rtl} (SHA-256 {digest[:16]}...) is not that of {PACKAGE} {VERSION} ({SHA256[:16]}...), "
            f"which nmcu needs: pip install '{PACKAGE}=={VERSION}'"
        )
    return sources


def sources(isa: InstructionSet) -> dict[str, str]:
    """SystemVerilog by file name, in compile order: the installed core with what the extensions of `isa` add to it.

    Raises `RtlError` if the extra is missing, the installed core is another version, or an extension does not fit it.
    """
    core = _installed_sources()
    parts = with_hardware(isa)
    if not parts:
        return core
    edited = edits.apply_all(core, _edits(isa), f"{PACKAGE} {VERSION}")
    packages = [Path(f).name for f in FILES if f.startswith("include/")]
    rest = [name for name in edited if name not in packages]
    return {n: edited[n] for n in packages} | _units(parts, core) | {n: edited[n] for n in rest}


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


def _units(extensions: Sequence[Extension], core: Mapping[str, str]) -> dict[str, str]:
    """The extensions' own units by file name."""
    units: dict[str, str] = {}
    owner = dict.fromkeys(core, f"{PACKAGE} {VERSION}")
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


def write_sources(folder: Path, isa: InstructionSet) -> list[Path]:
    """Write `sources(isa)` into `folder` (made if missing) and return the paths in compile order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in sources(isa).items():
        path = folder / name
        path.write_text(text)
        paths.append(path)
    return paths
