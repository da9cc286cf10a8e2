"""The operator list in the documentation is the one in the registries."""

from pathlib import Path

from nmcu.frontend.operators_table import markdown

DOCS = Path(__file__).parents[2] / "docs" / "operators.md"


def test_the_documentation_is_generated_from_the_registries() -> None:
    assert DOCS.read_text() == markdown(), "run: python -m nmcu.frontend.operators_table > docs/operators.md"
