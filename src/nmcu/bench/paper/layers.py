"""The claims about single layers, from rows of the kernel benchmark."""

from collections.abc import Mapping, Sequence

from nmcu.bench import published
from nmcu.bench.kernels import DENSE, DENSE_4X2, KernelRow
from nmcu.bench.paper.row import PaperRow, mean, shown
from nmcu.registry import Registry

CONVOLUTIONS = ("conv3x3_16x16x64_64", "conv3x3_8x8x128_128")
ONE_TOKEN = ("linear_1024_1024_t1",)
PATTERNS = ("1:4", "1:8", "1:16", "1:4x4", "1:8x4", "1:16x4")
SOFTWARE = frozenset({"published_conv", "published_linear"})
XDECIMATE = frozenset({"published_conv_xdec", "published_linear_xdec"})
BASELINES: Mapping[str, str] = {
    DENSE_4X2: "the dense 4x2 loop",
    "dense_1x2": "the dense loop of their own blocking, 1x2",
}
"""What the paper's "dense counterparts" may be: PULP-NN's loop, or one that differs from its own by sparsity alone."""


def kernel_rows(rows: Sequence[KernelRow]) -> list[PaperRow]:
    """The claims, from rows of the kernel benchmark; wrong results count for nothing."""
    right = [row for row in rows if row.bit_exact]
    found = [_dense(right)]
    for baseline in BASELINES:
        found += [_over_dense(right, pattern, baseline) for pattern in published.CONV_SOFTWARE]
    found += [_xdecimate(right, CONVOLUTIONS, p, published.XDECIMATE_GAIN) for p in ("1:4", "1:8", "1:16")]
    found += [_xdecimate(right, ONE_TOKEN, p, None) for p in ("1:8", "1:16")]
    return found


def _dense(rows: Sequence[KernelRow]) -> PaperRow:
    dense = [r for r in rows if r.shape in CONVOLUTIONS and r.pattern == DENSE]

    def most(names: frozenset[str]) -> KernelRow | None:
        return max((r for r in dense if r.kernel in names), key=lambda r: r.macs_per_cycle, default=None)

    simple, best, gmac = most(frozenset({DENSE_4X2})), most(_on("xcv")), most(_on("gmac"))
    return PaperRow(
        "dense convolution on eight cores (PULP-NN's peak)",
        "MAC/cycle",
        published.DENSE_MACS_PER_CYCLE,
        simple.macs_per_cycle if simple else None,
        best.macs_per_cycle if best else None,
        gmac.macs_per_cycle if gmac else None,
        f"best: {best.kernel} on {best.shape}, DMA included" if best else "",
    )


def _over_dense(rows: Sequence[KernelRow], pattern: str, baseline: str) -> PaperRow:
    def gain(pattern: str, names: frozenset[str]) -> float | None:
        return _gain(rows, CONVOLUTIONS, (DENSE, frozenset({baseline})), (pattern, names))

    return PaperRow(
        f"convolution {pattern} in software over {BASELINES[baseline]}",
        "times faster",
        published.CONV_SOFTWARE[pattern],
        gain(pattern, SOFTWARE),
        gain(pattern, _on("xcv")),
        gain(pattern, _on("gmac")),
        f"mean of {' and '.join(CONVOLUTIONS)}; {pattern}x4: {shown(gain(f'{pattern}x4', _on('xcv')))}",
    )


def _xdecimate(
    rows: Sequence[KernelRow], shapes: Sequence[str], pattern: str, figure: float | None
) -> PaperRow:
    def gain(names: frozenset[str]) -> float | None:
        return _gain(rows, shapes, (pattern, SOFTWARE), (pattern, names))

    what = "convolution" if shapes is CONVOLUTIONS else "linear, one token"
    return PaperRow(
        f"{what} {pattern}: xDecimate over the published software kernel" + (" (at most)" if figure else ""),
        "times faster",
        figure,
        gain(XDECIMATE),
        gain(_on("xdec")),
        gain(_on("gmac")),
        f"mean of {' and '.join(shapes)}; best: the fastest kernel, software ones included",
    )


def _gain(
    rows: Sequence[KernelRow],
    shapes: Sequence[str],
    over: tuple[str, frozenset[str]],
    of: tuple[str, frozenset[str]],
) -> float | None:
    """How many times fewer cycles the fastest of some kernels takes at a pattern than that of others, in the mean."""
    factors = []
    for shape in shapes:
        slow, fast = _cycles(rows, shape, *over), _cycles(rows, shape, *of)
        factors.append(slow / fast if slow and fast else None)
    return mean(factors)


def _cycles(rows: Sequence[KernelRow], shape: str, pattern: str, names: frozenset[str]) -> int | None:
    found = [r.cycles for r in rows if (r.shape, r.pattern) == (shape, pattern) and r.kernel in names]
    return min(found, default=None)


def _on(isa: str) -> frozenset[str]:
    """The kernels that run on a core with `isa`."""
    registry = Registry.built_in()
    names = registry.isa(isa).names
    return frozenset(kernel.name for kernel in registry.kernels.values() if kernel.requires <= names)
