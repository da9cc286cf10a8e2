"""Texts from models, made safe to show."""


def printable(text: str) -> str:
    """`text` on one line, with control characters (terminal escapes among them) written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
