"""Random TFLite networks."""

from hypothesis import strategies as st

from nmcu.bench.differential.case import Case


def networks() -> st.SearchStrategy[Case]:
    """None yet."""
    return st.nothing()
