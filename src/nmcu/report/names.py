"""Names of layers in the width of a table: shortened in the middle, and still told apart."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nmcu.text import printable

ELLIPSIS = "…"
ENDS = 3
"""At least so many characters of a shortened name's start and end are shown."""
MOST = 0.75
"""The share of names that makes a start the usual one."""


@dataclass(frozen=True)
class Labels:
    """Short forms, one for each name; `start` is what most names start with, where they are shown without it."""

    texts: tuple[str, ...]
    start: str = ""


def labels(names: Sequence[str], width: int) -> Labels:
    """`names` in at most `width` characters each; different names stay different.

    Of names joined by `;`, as TensorFlow fuses them, the first is shown where it is no other layer's. Where a name does
    not fit, path components that most names start with go first; then an ellipsis takes the place of a name's middle,
    at a place where no other name is shortened to the same.
    """
    whole = _unfused(list(dict.fromkeys(names)))
    if all(len(text) <= width for text in whole.values()):
        return Labels(tuple(whole[name] for name in names))
    start = _usual_start(list(whole.values()))
    rest = [text.removeprefix(start) for text in whole.values()]
    short = dict(zip(whole, _distinct(rest, max(width, 2 * ENDS + 1)), strict=True))
    return Labels(tuple(short[name] for name in names), start)


def label(name: str, width: int = 40) -> str:
    """One name alone, for sentences."""
    return labels([name], width).texts[0]


def _unfused(names: Sequence[str]) -> dict[str, str]:
    first = {name: name.split(";")[0] for name in names}
    count = Counter(first.values())
    return {
        name: printable(first[name] if first[name] and count[first[name]] == 1 else name) for name in names
    }


def _usual_start(texts: Sequence[str]) -> str:
    """The path components, with their `/`, that at least `MOST` of several texts start with."""
    start, left = "", list(texts)
    while left:
        heads = Counter(text[: text.find("/", len(start)) + 1] for text in left)
        longer, count = heads.most_common(1)[0]
        if len(longer) <= len(start) or count < 2 or count < MOST * len(texts):
            break
        start, left = longer, [text for text in left if text.startswith(longer)]
    return start


def _distinct(texts: Sequence[str], width: int) -> list[str]:
    long = [text for text in texts if len(text) > width]
    heads = sorted(range(ENDS, width - ENDS), key=lambda head: abs(head - 2 * (width - 1) // 5))
    # How many texts each place of the ellipsis shortens to the same.
    same = {head: Counter(_cut(text, width, head) for text in long) for head in heads}
    usual = max(heads, key=lambda head: (len(same[head]), -heads.index(head)), default=ENDS)
    windows: dict[int, Counter[str]] = {}
    found: list[str] = []
    for text in texts:
        if len(text) <= width:
            found.append(text)
            continue
        head = next((h for h in (usual, *heads) if same[h][_cut(text, width, h)] == 1), None)
        found.append(_window(text, long, width, windows) if head is None else _cut(text, width, head))
    return _numbered(found, width)


def _cut(text: str, width: int, head: int) -> str:
    return text[:head] + ELLIPSIS + text[len(text) - (width - 1 - head) :]


def _window(text: str, others: Sequence[str], width: int, known: dict[int, Counter[str]]) -> str:
    """Both ends of `text` and the part between them that no other text has there; `known` keeps what was counted."""
    room = width - 2 - 2 * ENDS
    places = range(ENDS, len(text) - ENDS - room + 1) if room > 0 else range(0)
    for place in places:
        if place not in known:
            known[place] = Counter(_framed(other, place, room) for other in others)
        if known[place][_framed(text, place, room)] == 1:
            return _framed(text, place, room)
    return _cut(text, width, width // 2)


def _framed(text: str, place: int, room: int) -> str:
    return f"{text[:ENDS]}{ELLIPSIS}{text[place : place + room]}{ELLIPSIS}{text[-ENDS:]}"


def _numbered(texts: Sequence[str], width: int) -> list[str]:
    """What is still the same ends in a number."""
    count, seen, found = Counter(texts), Counter[str](), []
    for text in texts:
        seen[text] += 1
        number = f"#{seen[text]}"
        found.append(text if count[text] == 1 else text[: width - len(number)] + number)
    return found
