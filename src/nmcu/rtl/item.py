"""An item of a random stream: some instructions that are a valid program by themselves."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """Encodings in program order (16 or 32 bits, by their two low bits); `aligned`: starts at a word boundary."""

    kind: str
    code: tuple[int, ...]
    aligned: bool = False
