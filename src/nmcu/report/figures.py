"""Files of figures, without the library that draws them."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from nmcu.errors import NmcuError
from nmcu.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")
COLOURS = 128
"""Colours of a PNG: lines, marks and letters look the same as with all, in less than half of the bytes."""


def check_suffix(path: Path) -> None:
    """Raises `NmcuError` for a file format that is not supported."""
    if path.suffix.lower() not in SUFFIXES:
        raise NmcuError(f"cannot draw to {path}: supported are {', '.join(SUFFIXES)}")


def drawn(figure: "Figure", suffix: str, dpi: int) -> bytes:
    """A figure as a file whose name ends in `suffix`; the same figure gives the same file."""
    form = suffix[1:].lower()
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=dpi, format=form, metadata=dates.get(form))
    return _with_few_colours(buffer) if form == "png" else buffer.getvalue()


def _with_few_colours(png: io.BytesIO) -> bytes:
    from PIL import Image

    reduced = io.BytesIO()
    image = Image.open(png).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(reduced, "PNG", optimize=True)
    return reduced.getvalue()


def save(figure: "Figure", path: Path, dpi: int) -> None:
    """Writes a figure in the format of the path's suffix, whole or not at all."""
    write_atomically(path, drawn(figure, path.suffix, dpi))
