"""The README of a library: what it is, and a program that calls it."""

from nmcu.codegen.program import Program
from nmcu.isa import InstructionSet
from nmcu.toolchain.library import Library

_USE = {
    "cmake": "`add_subdirectory({name})` and `target_link_libraries(PROGRAM nmcu::{name})`; installed, "
    "`find_package({name})` finds it.",
    "platformio": "Put this folder into the project's `lib`.",
    "arduino": "Put this folder into the sketchbook's `libraries`.",
    "esp-idf": "Put this folder into the project's `components`, and `{name}` among the `REQUIRES` of the component "
    "that calls it.",
    "pico-sdk": "`add_subdirectory({name})` behind `pico_sdk_init()`, and `target_link_libraries(PROGRAM {name})`.",
    "zephyr": "Give this folder in `ZEPHYR_EXTRA_MODULES`, and `CONFIG_{upper}=y` in `prj.conf`.",
}
"""How each build system takes a library in."""
_ALIGNED = "__attribute__((aligned(4)))"


def readme(library: Library, program: Program, isa: InstructionSet, form: str) -> str:
    """`README.md`."""
    name, upper, network = library.name, library.name.upper(), program.network
    memories = "".join(
        f"static uint8_t {memory}[{upper}_{memory.upper()}_BYTES] __attribute__((aligned({upper}_ALIGNMENT)));\n"
        for memory in network.memories
    )
    given = ", ".join(f"{memory}, sizeof {memory}" for memory in network.memories)
    tensors = "".join(
        f"static {_element(port.dtype)} {port.symbol}[{upper}_{port.symbol.upper()}_SIZE] {_ALIGNED};\n"
        for port in (*program.inputs, *program.outputs)
    )
    inputs, outputs = (
        ", ".join(f"{{{port.symbol}, sizeof {port.symbol}}}" for port in ports)
        for ports in (program.inputs, program.outputs)
    )
    several = ""
    if library.target.cores > 1:
        several = (
            f"\n`{name}_init` and `{name}_reset` are called by one core, `{name}_run` by all {upper}_CORES at once; "
            f"`-D{upper}_CORES=1` lets one core do everything.\n"
        )
    each = " on each core" if several else ""
    return f"""\
# {library.summary}

{_USE[form].format(name=name, upper=upper)} `src/{library.header}` says what there is.

```c
#include <{library.header}>

{memories}{tensors}
int once(void)
{{
    const {name}_input_t inputs[] = {{{inputs}}};
    const {name}_output_t outputs[] = {{{outputs}}};

    if ({name}_init({given}) != {upper}_OK) return 1; /* once */
    return {name}_run(arena, inputs, outputs) != {upper}_OK; /* as often as there are inputs */
}}
```
{several}
A run needs {upper}_STACK_BYTES of stack ({network.stack_bytes:,} bytes, compiled with `-O2`){each}.

The kernels are those for `{isa}`; compiled for any other machine, portable ones give the same results. All names that a
linker sees begin with `{name}_`. Compilers may call `memcpy` and `memset` for what C itself copies, and the routines
that come with them (libgcc, compiler-rt); nothing else is needed.
"""


def _element(dtype: str) -> str:
    return "float" if dtype == "float32" else f"{dtype}_t"
