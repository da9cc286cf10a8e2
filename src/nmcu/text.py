"""Texts from models, made safe to show."""

from html import escape


def printable(text: str) -> str:
    """`text` on one line, with control characters (terminal escapes among them) written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def safe(text: str) -> str:
    """`text` as HTML text or as an attribute's value, printable."""
    return escape(printable(text))
