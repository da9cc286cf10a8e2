"""The operator list in the documentation is what the operators say."""

from pathlib import Path

from nmcu.operators import built_in
from nmcu.operators.markdown import markdown

DOCS = Path(__file__).parents[2] / "docs" / "operators.md"


def test_the_documentation_is_generated_from_the_operators() -> None:
    assert DOCS.read_text() == markdown(built_in()), (
        "run: python -m nmcu.operators.markdown > docs/operators.md"
    )
