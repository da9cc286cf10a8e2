"""Names from a model, made safe for C: identifiers and comments."""

import re

MAX_LENGTH = 48


class Identifiers:
    """C identifiers, each given once. A prefix that ends in `_` keeps them apart from words of C and its libraries."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, prefix: str, name: str, suffix: str = "") -> str:
        """`prefix`, at most 48 characters of `name` in lower case, `suffix`, and a number where that is taken."""
        word = re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", name.lower())).strip("_")[:MAX_LENGTH].strip("_")
        wanted = f"{prefix}{word or 'unnamed'}{suffix}"
        unique, count = wanted, 2
        while unique in self._taken:
            unique, count = f"{wanted}_{count}", count + 1
        self._taken.add(unique)
        return unique


def comment(name: str) -> str:
    """`name` as it may stand inside a C comment: printable ASCII, nothing that ends or continues a comment."""
    shown = "".join(c if " " <= c <= "~" and c not in '\\"?' else "." for c in name)
    return shown.replace("*/", "*.").replace("/*", "/.")[:80]
