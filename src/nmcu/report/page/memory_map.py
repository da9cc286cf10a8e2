"""Memory maps: addresses from bottom to top, layers from left to right, what lies where in boxes."""

from collections.abc import Sequence
from itertools import groupby

from nmcu.report import memory
from nmcu.report.memory import Block
from nmcu.report.names import label, labels
from nmcu.report.page.parts import box, key, table
from nmcu.report.units import size
from nmcu.text import safe

HEIGHT = 320
MARGIN_LEFT, MARGIN_TOP, MARGIN_BOTTOM, MARGIN_RIGHT = 70, 10, 36, 12
STEPS_WIDTH, STEP_LEAST, STEP_MOST = 1100, 22, 90
CHARACTER_WIDTH, LINE_HEIGHT = 7.0, 13
"""Of the labels' type."""
LEAST_LABEL = 7
"""Characters of the shortest label that a longer name is shortened to."""
BREAK = 5
"""Pixels between ranges of addresses with nothing between them."""
TICKS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)

COLOURS = {
    memory.CODE: "#c5ccd3",
    memory.CONSTANT: "#dfe4e9",
    memory.STACK: "#c5ccd3",
    memory.WEIGHT: "#e3b341",
    memory.RING: "#f0c98b",
    memory.PORT: "#85d99b",
    memory.STATE: "#c9a5e8",
}
TENSORS = ("#79b8ff", "#a8d1ff", "#6fd3d8", "#a9e4e7")
BUFFERS = {"slab": "#79b8ff", "out": "#85d99b", "constants": "#e3b341"}
OTHER_BUFFER = "#c8a7f5"
MODEL_KINDS = (memory.ACTIVATION, memory.WEIGHT, memory.RING)
"""Of these the names come from the model."""
KINDS = {memory.BUFFER: OTHER_BUFFER, memory.ACTIVATION: TENSORS[0], **COLOURS}


def memory_maps(blocks: Sequence[Block], layers: int) -> str:
    """A map for each memory that has something in it, and all of it as a list."""
    kinds = {block.kind for block in blocks}
    colours = {kind: colour for kind, colour in KINDS.items() if kind in kinds}
    return key(colours) + "".join(
        f"<h3>{safe(name.upper())}</h3>{_map(list(group), layers)}"
        for name, group in groupby(blocks, key=lambda block: block.memory)
    )


def _map(blocks: Sequence[Block], layers: int) -> str:
    pieces = _pieces(blocks)
    step = min(STEP_MOST, max(STEP_LEAST, STEPS_WIDTH / max(layers, 1)))
    width = MARGIN_LEFT + layers * step + MARGIN_RIGHT
    start_of_names = labels([b.name for b in blocks if b.kind in MODEL_KINDS], LEAST_LABEL).start
    lines, boxes, marks = [], [], []
    bottom = float(MARGIN_TOP + HEIGHT)
    scale = (HEIGHT - BREAK * (len(pieces) - 1)) / sum(end - start for start, end in pieces)
    for start, end in pieces:
        for address in _round_addresses(start, end, scale):
            y = bottom - (address - start) * scale
            lines.append(
                f'<line x1="{MARGIN_LEFT}" x2="{width - MARGIN_RIGHT:.0f}" y1="{y:.1f}" y2="{y:.1f}"/>'
            )
            marks.append((y, f"{address:08x}"))
        for number, block in enumerate(b for b in blocks if start <= b.address < end):
            y = bottom - (block.address + block.bytes - start) * scale
            x, right = MARGIN_LEFT + block.first * step, MARGIN_LEFT + block.end * step
            text = block.name.removeprefix(start_of_names).split(";")[0]
            boxes.append(
                _block(block, number, text, (x, y, right - x - 0.6, max(block.bytes * scale - 0.6, 0.4)))
            )
        bottom -= (end - start) * scale + BREAK
    height = MARGIN_TOP + HEIGHT + MARGIN_BOTTOM
    drawn = "".join((*lines, *boxes, *_addresses(marks), *_layer_numbers(layers, step)))
    return (
        f'<div class="scroll"><svg width="{width:.0f}" height="{height}">{drawn}</svg></div>{_list(blocks)}'
    )


def _pieces(blocks: Sequence[Block]) -> list[tuple[int, int]]:
    """Ranges of addresses with something in them, in order; what is empty in between is left out."""
    pieces: list[tuple[int, int]] = []
    for block in sorted(blocks, key=lambda b: b.address):
        start, end = block.address, block.address + block.bytes
        if pieces and start <= pieces[-1][1] + 1024:
            pieces[-1] = pieces[-1][0], max(end, pieces[-1][1])
        else:
            pieces.append((start, end))
    return pieces


def _block(block: Block, number: int, name: str, place: tuple[float, float, float, float]) -> str:
    """A box with its name, and its size where there is room: across, or upwards in a narrow one."""
    x, y, width, height = place
    tip = f"{block.name}: {size(block.bytes)} at 0x{block.address:08x}, {block.kind}"
    drawn = box(x, y, width, height, _colour(block, number), tip)
    across = _fitting(name, block.bytes, width) if height >= LINE_HEIGHT else ""
    upwards = _fitting(name, block.bytes, height) if width >= LINE_HEIGHT else ""
    if name not in across and len(upwards) > len(across):
        at = f"translate({x + width / 2 + 4:.1f} {y + height - 3:.1f}) rotate(-90)"
        return f'{drawn}<text class="in" transform="{at}">{safe(upwards)}</text>'
    if across:
        return f'{drawn}<text class="in" x="{x + 3:.1f}" y="{y + height / 2 + 4:.1f}">{safe(across)}</text>'
    return drawn


def _fitting(name: str, count: int, length: float) -> str:
    """The longest label for a name that fits `length` pixels; empty where none does."""
    room = int((length - 6) / CHARACTER_WIDTH)
    full = f"{name} {size(count)}"
    if len(full) <= room:
        return full
    if len(name) <= room:
        return name
    return label(name, room) if room >= LEAST_LABEL else ""


def _colour(block: Block, number: int) -> str:
    if block.kind == memory.BUFFER:
        return BUFFERS.get(block.name.rstrip("0123456789"), OTHER_BUFFER)
    return COLOURS.get(block.kind) or TENSORS[number % len(TENSORS)]


def _round_addresses(start: int, end: int, scale: float) -> list[int]:
    """The range's start and round addresses in it, far enough apart for labels."""
    apart = next((t for t in TICKS if t * 1024 * scale >= 2 * LINE_HEIGHT), TICKS[-1]) * 1024
    return [start, *range((start // apart + 1) * apart, end, apart)]


def _addresses(marks: Sequence[tuple[float, str]]) -> list[str]:
    """Labels of the lines, without those that would touch the one below."""
    found: list[str] = []
    last = float("inf")
    for y, text in sorted(marks, reverse=True):
        if last - y >= LINE_HEIGHT:
            found.append(f'<text x="{MARGIN_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
            last = y
    return found


def _layer_numbers(layers: int, step: float) -> list[str]:
    y = MARGIN_TOP + HEIGHT + 14
    numbers = [
        f'<text x="{MARGIN_LEFT + (n + 0.5) * step:.1f}" y="{y}" text-anchor="middle">{n + 1}</text>'
        for n in range(layers)
    ]
    return [*numbers, f'<text x="{MARGIN_LEFT}" y="{y + 15}">layer</text>']


def _list(blocks: Sequence[Block]) -> str:
    rows = [
        (
            block.name,
            block.kind,
            f"0x{block.address:08x}",
            f"{block.bytes:,}",
            f"{int(block.first) + 1}–{max(int(block.first) + 1, -int(-block.end // 1))}",
        )
        for block in sorted(blocks, key=lambda b: (b.address, b.first))
    ]
    body = table(("what", "kind", "address", "bytes", "layers"), rows, words=("kind",))
    return f"<details><summary>as a list ({len(rows)})</summary>{body}</details>"
