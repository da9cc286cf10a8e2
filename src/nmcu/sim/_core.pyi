from collections.abc import Callable
from typing import Any

def simulate(
    elf: bytes,
    config: dict[str, Any],
    group: int,
    writes: list[tuple[int, bytes]],
    reads: list[tuple[int, int]],
    max_cycles: int,
    progress: Callable[[int], object] | None,
    trace: dict[str, Any] | None,
) -> dict[str, Any]: ...
def disassemble(word: int, pc: int) -> str: ...
def instructions() -> list[tuple[str, int, int, int, str]]: ...
