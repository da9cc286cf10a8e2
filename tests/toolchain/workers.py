"""What test processes run: they are started anew and import it by this name."""

from pathlib import Path

from isas import XCV
from nmcu import cache, targets
from nmcu.codegen.program import Program
from nmcu.toolchain import build


def code_bytes(number: int) -> int:
    """Bytes of code of one of two small programs."""
    main = f"int main(void) {{ return {number % 2}; }}"
    program = Program(files={"main.c": main}, sources=("main.c",))
    return build(program, targets.get("cluster8"), XCV).code_bytes


def fill(folder: Path) -> None:
    """Writes what the cache keeps."""
    (folder / "sub").mkdir()
    (folder / "sub" / "part").write_bytes(b"a part")
    (folder / "whole").write_bytes(b"all of it")


def shared_folder(number: int) -> str:
    """The folder that all processes share."""
    return str(cache.tree(cache.key("shared"), fill))
