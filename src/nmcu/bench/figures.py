"""Files of figures, without the library that draws them."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from nmcu.errors import NmcuError
from nmcu.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")


def check_suffix(path: Path) -> None:
    """Raises `NmcuError` for a file format that is not supported."""
    if path.suffix.lower() not in SUFFIXES:
        raise NmcuError(f"cannot draw to {path}: supported are {', '.join(SUFFIXES)}")


def save(figure: "Figure", path: Path, dpi: int) -> None:
    """Writes a figure in the format of the path's suffix, whole or not at all."""
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=dpi, format=path.suffix[1:].lower())
    write_atomically(path, buffer.getvalue())
