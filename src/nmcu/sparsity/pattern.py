"""The N:M pattern value."""

import re
from dataclasses import dataclass

from nmcu.errors import NmcuError

_TEXT = re.compile(r"([1-9][0-9]{0,2}):([1-9][0-9]{0,2})(?:x([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, order=True)
class NMPattern:
    """At most `n` non-zeros in each block of `m` consecutive weights of one output channel.

    With `group` > 1, that many consecutive output channels share the positions (values stay free).
    Written `1:8`, `2:4`, `1:8x4`.
    """

    n: int
    m: int
    group: int = 1

    def __post_init__(self) -> None:
        if not (1 <= self.n < self.m and self.group >= 1):
            raise NmcuError(f"{self} is not an N:M pattern: 1 <= N < M and a group of at least 1 are needed")

    @classmethod
    def parse(cls, text: str) -> "NMPattern":
        """The pattern written as `N:M` or `N:MxG`; raises `NmcuError` for anything else."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise NmcuError(f"{text!r} is not an N:M pattern: write it as 1:8, 2:4 or 1:8x4")
        n, m, group = match.groups(default="1")
        return cls(int(n), int(m), int(group))

    @property
    def density(self) -> float:
        """Largest share of non-zero weights, N/M."""
        return self.n / self.m

    def __str__(self) -> str:
        return f"{self.n}:{self.m}" + (f"x{self.group}" if self.group != 1 else "")
