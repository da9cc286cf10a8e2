"""The installed RTL of the core: where it is, whether it is the version the edits were made for, its files in order."""

import hashlib
import importlib.util
from pathlib import Path

from nmcu.rtl.edits import XDEC, apply_all
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
            f"for which the xDecimate edits were made: pip install '{PACKAGE}=={VERSION}'"
        )
    return sources


def sources(*, xdec: bool) -> dict[str, str]:
    """SystemVerilog by file name, in compile order: the installed core as it is, or with xDecimate.

    Raises `RtlError` if the extra is missing or the installed core is another version.
    """
    core = _installed_sources()
    if not xdec:
        return core
    edited = apply_all(core, XDEC)
    units = {p.name: p.read_text() for p in sorted(HARDWARE_DIR.glob("nmcu_xdec_*.sv"))}
    packages = [Path(f).name for f in FILES if f.startswith("include/")]
    rest = [name for name in edited if name not in packages]
    return {n: edited[n] for n in packages} | units | {n: edited[n] for n in rest}


def write_sources(folder: Path, *, xdec: bool) -> list[Path]:
    """Write `sources(xdec=...)` into `folder` (made if missing) and return the paths in compile order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in sources(xdec=xdec).items():
        path = folder / name
        path.write_text(text)
        paths.append(path)
    return paths
