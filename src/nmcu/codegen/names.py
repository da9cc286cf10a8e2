"""Names from a model, made safe for C: identifiers and comments."""

import re
from collections.abc import Iterable

MAX_LENGTH = 48
_RESERVED_WORDS = """
alignas alignof auto bool break case char const constexpr continue default do double else enum extern false float for
goto if inline int long main nullptr register restrict return short signed sizeof static static_assert struct switch
thread_local true typedef typeof union unsigned void volatile while l1 l2 int8_t uint8_t int16_t uint16_t int32_t
uint32_t asm
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())


def identifiers(names: Iterable[str], prefix: str = "") -> dict[str, str]:
    """A unique C identifier for every name: lower case, at most 48 characters and a number."""
    taken: set[str] = set()
    result = {}
    for name in names:
        word = re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", name.lower())).strip("_")[:MAX_LENGTH].strip("_")
        word = prefix + word if word else f"{prefix}unnamed"
        if word in _RESERVED or word[0].isdigit() or word.startswith("nmcu"):
            word = f"x_{word}"
        unique, count = word, 2
        while unique in taken:
            unique, count = f"{word}_{count}", count + 1
        taken.add(unique)
        result[name] = unique
    return result


def comment(name: str) -> str:
    """`name` as it may stand inside a C comment: printable ASCII, nothing that ends or continues a comment."""
    shown = "".join(c if " " <= c <= "~" and c not in '\\"?' else "." for c in name)
    return shown.replace("*/", "*.").replace("/*", "/.")[:80]
