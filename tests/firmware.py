"""Programs of somebody else around generated libraries: written to a folder, compiled by any compiler, run here."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

WARNINGS = ("-Wall", "-Wextra", "-Werror")
SANITIZERS = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def write(folder: Path, files: Mapping[str, bytes | str]) -> Path:
    """Writes `files` below `folder`."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def sources(folder: Path) -> list[Path]:
    """What a build system that takes all of `src` compiles."""
    return sorted(path for path in (folder / "src").rglob("*") if path.suffix in (".c", ".S"))


def objects(folder: Path, *command: str) -> list[Path]:
    """The objects of the library in `folder`, compiled without a warning by `command`, from another folder."""

    def compiled(source: Path) -> Path:
        output = folder / "objects" / f"{source.relative_to(folder).as_posix().replace('/', '_')}.o"
        output.parent.mkdir(exist_ok=True)
        call([*command, *WARNINGS, "-c", str(source), "-o", str(output)])
        return output

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(compiled, sources(folder)))


def program(folder: Path, main: str, libraries: Sequence[Path], *command: str) -> Path:
    """The program of `main` and the libraries in `libraries`, built by `command`."""
    write(folder, {"main.c": main})
    built = [str(o) for library in libraries for o in objects(library, *command)]
    includes = [f"-I{library / 'src'}" for library in libraries]
    output = folder / "program"
    call([*command, *WARNINGS, *includes, str(folder / "main.c"), *built, "-o", str(output)])
    return output


def call(command: Sequence[str], data: bytes = b"") -> bytes:
    """Standard output of a command that must succeed, given `data`."""
    done = subprocess.run(
        command, input=data, capture_output=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    assert done.returncode == 0, f"{done.returncode}\n{done.stderr.decode(errors='replace')[-4000:]}"
    return done.stdout
