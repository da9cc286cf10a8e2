"""Names from models, made safe to show."""

LABEL_LENGTH = 40


def label(name: str) -> str:
    """A layer's name for tables: of names joined by `;`, as TensorFlow fuses them, the first; the end of a long one."""
    first = printable(name.split(";")[0] or name)
    return first if len(first) <= LABEL_LENGTH else "…" + first[1 - LABEL_LENGTH :]


def printable(text: str) -> str:
    """`text` on one line, with control characters (terminal escapes among them) written as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
