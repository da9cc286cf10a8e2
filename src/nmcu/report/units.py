"""Numbers with their units, for people."""


def size(count: int) -> str:
    """A number of bytes: `412 B`, `36.0 KiB`, `1.50 MiB`."""
    if count < 1024:
        return f"{count} B"
    if count < 1 << 20:
        return f"{count / 1024:.1f} KiB"
    return f"{count / (1 << 20):.2f} MiB"


def cores(count: int) -> str:
    """`1 core`, `8 cores`."""
    return f"{count} core" if count == 1 else f"{count} cores"
