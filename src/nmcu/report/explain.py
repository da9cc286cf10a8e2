"""Why each layer runs on the kernel it runs on."""

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from nmcu import kernels
from nmcu.kernels import Machine
from nmcu.plan import Plan
from nmcu.report.run_report import RunReport
from nmcu.report.text import label


def explain_table(plan: Plan, report: RunReport, kernel_names: str = "*") -> RenderableType:
    """Every kernel made for a layer: its best tiling's predicted cycles or why it cannot run it; what was measured."""
    machine = Machine(plan.target, plan.isa)
    table = Table(header_style="bold")
    table.add_column("layer", overflow="fold")
    table.add_column("kernel")
    for heading in ("predicted", "measured", "error"):
        table.add_column(heading, justify="right")
    table.add_column("tiling, or why not", overflow="fold")
    for planned, measured in zip(plan.layers, report.layers, strict=True):
        if planned.kernel is None:
            continue
        shown = label(planned.name)
        chosen = f"{planned.cycles:,}", f"{measured.cycles:,}", f"{planned.cycles / measured.cycles - 1:+.1%}"
        tiling = " ".join(f"{key}={value}" for key, value in planned.parameters.items())
        table.add_row(Text(shown), Text(f"{planned.kernel} ←"), *chosen, tiling)
        for kernel in kernels.KERNELS:
            if kernel.name == planned.kernel or not kernel.runs(planned.layer):
                continue
            reason = kernels.fits(kernel, planned.layer, machine, kernel_names)
            found = [] if reason else kernel.candidates(planned.layer, machine)
            if not found:
                table.add_row("", kernel.name, "", "", "", Text(reason or "no tile of it fits L1"))
                continue
            best = min(found, key=lambda candidate: candidate.cycles)
            tiling = " ".join(f"{key}={value}" for key, value in best.parameters.items())
            table.add_row("", kernel.name, f"{best.cycles:,}", "", "", tiling)
        table.add_section()
    return table
