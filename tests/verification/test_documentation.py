"""The tables in the documentation are what the code says."""

from pathlib import Path

from nmcu.operators import built_in
from nmcu.verification import markdown

DOCS = (Path(__file__).parents[2] / "docs" / "verify.md").read_text()


def test_tables_are_generated() -> None:
    for table in (markdown.tolerances(built_in()), markdown.wrong()):
        assert table in DOCS, (
            "run: python -m nmcu.verification.markdown, and put its tables in docs/verify.md"
        )
