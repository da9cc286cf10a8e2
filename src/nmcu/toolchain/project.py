"""A program as a C project that stands alone: every file it is built from, a Makefile and a README."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from nmcu.codegen.program import Program
from nmcu.isa import InstructionSet
from nmcu.targets import Target
from nmcu.toolchain.build import LINK_FLAGS, RUNTIME_DIR, RUNTIME_INCLUDE_DIR
from nmcu.toolchain.compiler import Compiler
from nmcu.toolchain.places import Roots, place_of, roots_of

_COMPILER = Compiler(cc=(), ld=(), identity="project")


def project_files(
    program: Program, target: Target, isa: InstructionSet, opt: str = "-O2"
) -> Mapping[str, bytes]:
    """Contents by relative path. Generated files are on top, the library keeps its folders under `nmcu/`."""
    roots = roots_of(program, target, isa)
    files: dict[str, bytes] = {}
    for name, content in program.files.items():
        files[name] = content.encode() if isinstance(content, str) else content
    sources = [
        *_take(files, target.sources, roots),
        *program.sources,
        *_take(files, program.library, roots),
        *_take(files, sorted(RUNTIME_DIR.glob("*.c")), roots),
    ]
    includes = (*program.include_dirs, *target.include_dirs, RUNTIME_INCLUDE_DIR, *isa.include_dirs)
    for folder in (*includes, RUNTIME_DIR, *(path.parent for path in program.library)):
        _take(files, (p for p in sorted(folder.iterdir()) if p.suffix in (".h", ".inc")), roots)
    script = place_of(target.folder / "link.ld", roots)
    files[script] = target.link_script.encode()
    folders = [".", *dict.fromkeys(place_of(folder, roots) for folder in includes)]
    defines = {**target.defines, **program.defines}
    files["Makefile"] = _makefile(defines, isa, opt, sources, folders, script).encode()
    files["README.md"] = _readme(program, target, isa).encode()
    return files


def _take(files: dict[str, bytes], paths: Iterable[Path], roots: Roots) -> list[str]:
    places = []
    for path in paths:
        place = place_of(path, roots)
        files[place] = path.read_bytes()
        places.append(place)
    return places


def _makefile(
    macros: Mapping[str, str],
    isa: InstructionSet,
    opt: str,
    sources: list[str],
    folders: list[str],
    script: str,
) -> str:
    c_flags = " ".join(_COMPILER.compile_flags(isa, assembly=False, opt=opt))
    asm_flags = " ".join(_COMPILER.compile_flags(isa, assembly=True, opt=opt))
    defines = " ".join(f"-D{name}={value}" for name, value in sorted(macros.items()))
    return f"""\
# Builds program.elf with clang and lld from the Python package ziglang; another compiler: make CC="..." LD="..."
PYTHON := python3
ZIG := $(shell $(PYTHON) -c "import os, ziglang; print(os.path.dirname(ziglang.__file__))" 2> /dev/null)
NEEDED = $(or $(ZIG),$(error $(PYTHON) has no package ziglang: pip install ziglang, or give CC and LD))
CC = $(NEEDED)/zig clang --target=riscv32-unknown-elf -isystem $(NEEDED)/lib/include
LD = $(NEEDED)/zig ld.lld

DEFINES := {defines}
INCLUDES := {" ".join(f"-I{folder}" for folder in folders)}
CFLAGS := {c_flags}
ASFLAGS := {asm_flags}
LDFLAGS := {" ".join(LINK_FLAGS)}

SOURCES := \\
{_list(sources)}
OBJECTS := $(SOURCES:%=build/%.o)

program.elf: $(OBJECTS) {script}
\t$(LD) $(LDFLAGS) -T {script} $(OBJECTS) -o $@

build/%.c.o: %.c
\t@mkdir -p $(@D)
\t$(CC) $(CFLAGS) $(DEFINES) $(INCLUDES) -MMD -c $< -o $@

build/%.S.o: %.S $(wildcard *.bin)
\t@mkdir -p $(@D)
\t$(CC) $(ASFLAGS) $(DEFINES) $(INCLUDES) -MMD -c $< -o $@

clean:
\trm -rf build program.elf

.PHONY: clean
-include $(OBJECTS:.o=.d)
"""


def _list(items: list[str]) -> str:
    return " \\\n".join(f"  {item}" for item in items)


_MAP, _ROWS = "1, height, width, channels", "the last is the channels"


def _readme(program: Program, target: Target, isa: InstructionSet) -> str:
    ports = [
        f"| {kind} | `{port.symbol}` | {port.dtype} {' x '.join(map(str, port.shape))} | "
        f"{_MAP if len(port.shape) == 4 else _ROWS} | "
        f"{'' if port.scale is None else port.scale} | {'' if port.zero_point is None else port.zero_point} |"
        for kind, group in (("input", program.inputs), ("output", program.outputs))
        for port in group
    ]
    table = "\n".join(
        [
            "| | symbol | type and shape | axes | scale | zero point |",
            "| --- | --- | --- | --- | --- | --- |",
            *ports,
        ]
    )
    call = ""
    if program.interface:
        name = program.interface.name
        call = f"`{name}.h` says how the network is called; `main.c` does it, with tensors of a simulator.\n"
    return f"""\
# A neural network as bare-metal C

For the target `{target.name}` ({target.description}), instruction set `{isa}`. `make` builds `program.elf`
(Python with the package `ziglang`, or a clang and lld of your own); `nmcu sim program.elf --target {target.name}
--isa {isa}` runs it.

| | |
| --- | --- |
| `{"`, `".join(program.sources)}` | the network: generated code and weights |
| `nmcu/kernels/` | the kernels it calls |
| `nmcu/targets/` | start-up code, hardware abstraction (`nmcu_hal.h`, one port per chip) and linker script |
| `nmcu/toolchain/runtime/` | the few functions that freestanding C needs |

{call}An integer stands for `(integer - zero point) * scale`; a value outside of -128 to 127 is the nearest of them.

{table}
"""
