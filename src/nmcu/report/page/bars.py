"""Where the cycles went: a bar for each layer."""

from collections.abc import Sequence

from nmcu.report.bound import BOUNDS
from nmcu.report.names import labels
from nmcu.report.page.parts import COLOURS, key
from nmcu.report.run_report import LayerReport
from nmcu.text import safe

SPENT = dict(zip(BOUNDS, COLOURS, strict=False))


def bars(layers: Sequence[LayerReport]) -> str:
    """One bar per layer, in the colours of what its cycles went to; beside it what bounds it."""
    longest = max((layer.cycles for layer in layers), default=0) or 1
    total = sum(layer.cycles for layer in layers) or 1
    used = {what for layer in layers for what in layer.spent}
    names = labels([layer.name for layer in layers], 28).texts
    rows = []
    for layer, name in zip(layers, names, strict=True):
        parts = "".join(
            f'<b style="width:{100 * cycles / longest:.3f}%;background:{SPENT[what]}"'
            f' title="{what}: {cycles:,} cycles, {cycles / layer.cycles:.1%}"></b>'
            for what, cycles in layer.spent.items()
        )
        note = f"{layer.cycles:,} ({layer.cycles / total:.1%}) {sentence(layer)}"
        rows.append(
            f'<div><span class="name" title="{safe(layer.name)}">{safe(name)}</span><span class="bar">{parts}</span>'
            f'<span class="note" title="{safe(note)}">{safe(note)}</span></div>'
        )
    return (
        key({what: colour for what, colour in SPENT.items() if what in used}, BOUNDS)
        + f'<div class="bars">{"".join(rows)}</div>'
    )


def sentence(layer: LayerReport) -> str:
    """What bounds the layer, and what else takes a tenth of its time or more: `compute 82%, barriers 11%`."""
    shares = [(what, cycles / layer.cycles) for what, cycles in layer.spent.items()]
    return ", ".join(
        f"{what} {share:.0%}" for n, (what, share) in enumerate(shares) if n == 0 or share >= 0.1
    )
