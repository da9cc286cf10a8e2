"""Published claims beside what is measured here: the published kernels as reproduced, the best there is without and
with the second generation of the instruction."""

from collections.abc import Callable

from nmcu.bench import published
from nmcu.bench.kernels import KernelRow, Selection, bench_kernels
from nmcu.bench.networks import bench_networks
from nmcu.bench.paper import hardware, layers
from nmcu.bench.paper.layers import kernel_rows
from nmcu.bench.paper.networks import PATTERNS, network_rows
from nmcu.bench.paper.row import PaperRow
from nmcu.bench.rows import Rows
from nmcu.work import Failure, Progress

__all__ = ["PaperRow", "kernel_rows", "network_rows", "paper"]


def paper(
    jobs: int = 2,
    area: bool = True,
    networks: bool = True,
    on_rtl: bool = True,
    progress: Progress = lambda done, total, last: None,
    stage: Callable[[str], None] = lambda text: None,
) -> Rows[PaperRow]:
    """Measures every claim: kernels, with `area` the synthesised cores (about four minutes), with `networks` ResNet18
    and the Vision Transformer (several minutes), with `on_rtl` the headline layers again on the core's RTL (about three
    minutes); all but the last are kept."""
    rows: list[KernelRow] = []
    failures: list[Failure] = []
    for shape in (*layers.CONVOLUTIONS, *layers.ONE_TOKEN):
        measured = bench_kernels(Selection(shapes=shape, patterns=layers.PATTERNS), jobs, progress)
        rows += measured
        failures += measured.failures
    found = kernel_rows(rows)
    if area:
        found.append(hardware.area(stage))
    if on_rtl:
        found += hardware.on_rtl(stage)
    if networks:
        for name in published.NETWORKS:
            whole = bench_networks(name, PATTERNS, jobs=jobs, progress=progress)
            found += network_rows(whole.measured)
            failures += whole.failures
    return Rows("published claims", tuple(found), tuple(failures))
