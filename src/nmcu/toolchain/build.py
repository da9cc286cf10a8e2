"""Compiles the files of a program, links them, and reads the result."""

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from nmcu import cache
from nmcu.codegen.program import Program
from nmcu.errors import ProgramTooLarge, ToolchainError
from nmcu.isa import InstructionSet
from nmcu.targets import Role, Target
from nmcu.toolchain.compiler import Compiler, environment, find_compiler
from nmcu.toolchain.image import Image, read_sections, read_symbols

RUNTIME_DIR = Path(__file__).parent / "runtime"
RUNTIME_INCLUDE_DIR = RUNTIME_DIR / "include"
PACKAGE_DIR = Path(__file__).parents[1]
LINK_FLAGS = ("-m", "elf32lriscv", "--gc-sections", "--no-relax", "-n", "--fatal-warnings")
_PARALLEL_COMPILES = 2


@dataclass(frozen=True)
class _Unit:
    """One file to compile: its name in messages, where it is, and where it may include from."""

    name: str
    path: Path
    include_dirs: tuple[Path, ...]


def build(
    program: Program | Sequence[Path],
    target: Target,
    isa: InstructionSet,
    *,
    defines: Mapping[str, str] | None = None,
    include_dirs: Sequence[Path] = (),
    opt: str = "-O2",
    compiler: Compiler | None = None,
) -> Image:
    """Builds a bare-metal program, with the target's start-up code, HAL and linker script, for `isa`.

    `program` may also be a list of C and assembly files. Objects and images are cached by content. Raises
    `ToolchainError` with the first diagnostic; its `log` has everything the compiler or linker said.
    """
    if not isinstance(program, Program):
        program = Program(files={}, sources=(), library=tuple(Path(path).resolve() for path in program))
    compiler = compiler or find_compiler()
    macros = {**target.defines, **program.defines, **(defines or {})}
    includes = (*(Path(folder).resolve() for folder in include_dirs), *program.include_dirs)
    with tempfile.TemporaryDirectory(prefix="nmcu-build-") as folder:
        workspace = Path(folder)
        write_files(program, workspace)
        job = _Job(program, target, isa, macros, opt, compiler, workspace)
        units = job.units(includes)
        with ThreadPoolExecutor(_PARALLEL_COMPILES) as pool:
            objects = list(pool.map(job.compile, units))
        elf = job.link([unit.name for unit in units], objects)
    return Image(
        elf=elf,
        target=target,
        isa=isa,
        symbols=read_symbols(elf),
        sections=read_sections(elf),
        inputs=program.inputs,
        outputs=program.outputs,
        regions=program.regions,
    )


def write_files(program: Program, folder: Path) -> None:
    """Writes the generated files into `folder`. A name that is not a plain file name is refused."""
    for name, content in program.files.items():
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
            raise ToolchainError(f"{name!r} is not a plain file name")
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)


@dataclass(frozen=True)
class _Job:
    program: Program
    target: Target
    isa: InstructionSet
    macros: Mapping[str, str]
    opt: str
    compiler: Compiler
    workspace: Path

    def units(self, include_dirs: tuple[Path, ...]) -> list[_Unit]:
        hal = (*self.target.include_dirs, RUNTIME_INCLUDE_DIR, *self.isa.include_dirs)
        library = (*include_dirs, *hal)
        generated = (self.workspace, *library)
        return [
            *(_Unit(path.name, path, hal) for path in self.target.sources),
            *(_Unit(name, self.workspace / name, generated) for name in self.program.sources),
            *(_Unit(path.name, path, library) for path in self.program.library),
            *(_Unit(path.name, path, ()) for path in sorted(RUNTIME_DIR.glob("*.c"))),
        ]

    def compile(self, unit: _Unit) -> bytes:
        flags = (
            *self.compiler.compile_flags(self.isa, assembly=unit.path.suffix == ".S", opt=self.opt),
            *(f"-D{name}={value}" for name, value in sorted(self.macros.items())),
        )
        key = cache.key(
            self.compiler.identity,
            *flags,
            self._shown(unit.path),
            _read(unit.path),
            *self._included(unit),
        )
        cached = cache.load(key)
        if cached is not None:
            return cached
        output = self.workspace / f"{key}.o"
        command = [
            *self.compiler.cc,
            *flags,
            *(f"-I{folder}" for folder in unit.include_dirs),
            f"-ffile-prefix-map={PACKAGE_DIR}=nmcu",
            *(f"-ffile-prefix-map={folder}=nmcu/{name}" for folder, name in self.program.folders.items()),
            f"-ffile-prefix-map={self.workspace}=.",
            "-c",
            str(unit.path),
            "-o",
            str(output),
        ]
        self._call(command, f"cannot compile {unit.name}")
        data = output.read_bytes()
        cache.store(key, data)
        return data

    def link(self, names: Sequence[str], objects: Sequence[bytes]) -> bytes:
        script = self.target.link_script.encode()
        flags = (*LINK_FLAGS, *self._roots())
        key = cache.key(self.compiler.identity, *flags, script, *objects)
        cached = cache.load(key)
        if cached is not None:
            return cached
        paths = []
        for number, (name, data) in enumerate(zip(names, objects, strict=True)):
            path = self.workspace / f"{number:03}-{name}.o"
            path.write_bytes(data)
            paths.append(str(path))
        (self.workspace / "link.ld").write_bytes(script)
        output = self.workspace / "program.elf"
        command = [*self.compiler.ld, *flags, "-T", "link.ld", *paths, "-o", str(output)]
        self._call(command, f"cannot link the program for {self.target.name}")
        data = output.read_bytes()
        cache.store(key, data)
        return data

    def _roots(self) -> list[str]:
        """Keeps the arrays of inputs and outputs that no layer touches: unread ones, and outputs that are inputs."""
        symbols = dict.fromkeys(port.symbol for port in (*self.program.inputs, *self.program.outputs))
        return [f"--undefined={symbol}" for symbol in symbols]

    def _included(self, unit: _Unit) -> list[bytes | str]:
        """What the unit could include: headers beside it and in its folders; for assembly, binary data."""
        suffixes = (".h", ".inc", ".bin") if unit.path.suffix == ".S" else (".h", ".inc")
        candidates = [(unit.path.parent, path) for path in sorted(unit.path.parent.glob("*"))]
        candidates += [(folder, path) for folder in unit.include_dirs for path in sorted(folder.rglob("*"))]
        parts: list[bytes | str] = []
        for folder, path in dict.fromkeys(
            candidates
        ):  # in the order of the search: the first of a name counts
            if path.suffix in suffixes and path.is_file():
                parts += [self._shown(folder), str(path.relative_to(folder)), path.read_bytes()]
        return parts

    def _shown(self, path: Path) -> str:
        """The path as debug information shows it."""
        if path.is_relative_to(self.workspace):
            return str(path.relative_to(self.workspace))
        if path.is_relative_to(PACKAGE_DIR):
            return str(path.relative_to(PACKAGE_DIR))
        for folder, name in self.program.folders.items():
            if path.is_relative_to(folder):
                return str(name / path.relative_to(folder))
        return str(path)

    def _call(self, command: Sequence[str], problem: str) -> None:
        result = subprocess.run(
            command,
            cwd=self.workspace,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment(),
            check=False,
        )
        if result.returncode != 0:
            log = result.stderr + result.stdout
            self._check_sizes(log)
            raise ToolchainError(f"{problem}: {_first_diagnostic(log, self.workspace)}", log=log)

    def _check_sizes(self, log: str) -> None:
        """A sentence where the linker says that a memory is too small."""
        lack = 0
        if overflow := re.findall(r"will not fit in region '(\w+)': overflowed by (\d+) bytes", log):
            region, size = max(overflow, key=lambda found: int(found[1]))
            lack, what = int(size), f"its memory {region.lower()} is {int(size):,} bytes too small"
        elif "overlap the stack" in log:
            what = f"its memory {self.target.memory.level(Role.COMPUTE).name} has no room left for the stacks"
        else:
            return
        raise ProgramTooLarge(
            f"the program does not fit {self.target.name}: {what}; use a smaller network, or a larger program_bytes in "
            "its target.toml, which is what the planner leaves to code",
            log,
            lack,
        )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ToolchainError(f"cannot read the source file {path}: {error.strerror}") from error


def _first_diagnostic(log: str, workspace: Path) -> str:
    lines = [line.strip() for line in log.replace(f"{workspace}/", "").splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"\b(error|fatal):? ", line)]
    return (errors or lines or ["no message"])[0]
