"""What commands tell beside their results; imports nothing that takes time, so that it can be said at any moment."""

import sys

from nmcu.text import printable


def say(sentence: str) -> None:
    """One line on standard error."""
    print(printable(sentence), file=sys.stderr)
