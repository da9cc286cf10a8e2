"""The HTML page of a run."""

from html.parser import HTMLParser

import nmcu
from networks import conv_linear
from nmcu.report import html

VOID = {"meta"}


class Checker(HTMLParser):
    """Collects text and attributes; fails where tags do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.boxes: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if tag == "rect":
            self.boxes.append(dict(attrs))
        assert tag != "script"

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def _page(*names: str) -> Checker:
    program = nmcu.compile(conv_linear(names=(names[0], names[1])), "cluster8")
    checker = Checker()
    checker.feed(html(nmcu.run(program)))
    assert checker.open == []
    return checker


def test_page_shows_layers_stalls_and_memory() -> None:
    page = _page("first", "second")
    for part in ("first", "second", "bit for bit", "MAC/cycle", "barriers", "instruction fetch is ideal"):
        assert part in page.text
    assert "features: 1.0 KiB at 0x" in page.text
    assert all(float(box["width"] or 0) >= 0 for box in page.boxes)


def test_names_from_a_model_are_only_text() -> None:
    page = _page("<script>alert(1)</script>", "\"><img src=x onerror='x'>")
    assert "<script>alert(1)</script>" in page.text


def test_the_page_takes_nothing_from_elsewhere_and_runs_nothing() -> None:
    page = html(nmcu.run(conv_linear()))
    assert "default-src 'none'" in page and "http://" not in page and "https://" not in page
    assert "<script" not in page and "@import" not in page
