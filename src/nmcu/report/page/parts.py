"""Pieces of HTML. Texts are escaped here."""

from collections.abc import Iterable, Mapping, Sequence

from nmcu.text import safe

COLOURS = ("#79b8ff", "#f9a58a", "#85d99b", "#e3b341", "#c8a7f5", "#6fd3d8", "#f3a6cf", "#b5bdc6", "#d4c26a")
"""Light enough for dark text on them, and seen on white and on black."""


def key(colours: Mapping[str, str], meanings: Mapping[str, str] | None = None) -> str:
    """What each colour stands for."""
    items = (
        f'<li title="{safe((meanings or {}).get(name, name))}"><i style="background:{colour}"></i>{safe(name)}</li>'
        for name, colour in colours.items()
    )
    return f'<ul class="key">{"".join(items)}</ul>'


def facts(values: Mapping[str, str], wide: Mapping[str, str]) -> str:
    """Cards with a value each; those in `wide` take a line of their own."""
    cards = [f"<div><dt>{safe(k)}</dt><dd>{safe(v)}</dd></div>" for k, v in values.items()]
    cards += [f'<div class="wide"><dt>{safe(k)}</dt><dd>{safe(v)}</dd></div>' for k, v in wide.items()]
    return f'<dl class="facts">{"".join(cards)}</dl>'


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], words: Sequence[str] = ()) -> str:
    """A table that scrolls in its own box; the first column stays, its long names have their full text on hover.

    `words` are the headings of columns of words, which go to the left.
    """
    left = {n for n, heading in enumerate(headings) if heading in words}

    def cell(tag: str, number: int, text: str) -> str:
        title = f' title="{safe(text)}"' if number == 0 and tag == "td" else ""
        kind = ' class="word"' if number in left else ""
        return f"<{tag}{kind}{title}>{safe(text)}</{tag}>"

    lines = [("th", headings), *(("td", row) for row in rows)]
    body = "".join(
        "<tr>" + "".join(cell(tag, n, text) for n, text in enumerate(row)) + "</tr>" for tag, row in lines
    )
    return f'<div class="scroll"><table>{body}</table></div>'


def box(x: float, y: float, width: float, height: float, colour: str, tip: str) -> str:
    """A rectangle of an SVG with a text on hover."""
    place = f'x="{x:.2f}" y="{y:.1f}" width="{max(width, 0):.2f}" height="{max(height, 0):.1f}"'
    return f'<rect {place} fill="{colour}"><title>{safe(tip)}</title></rect>'
