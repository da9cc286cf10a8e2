"""Programs for this machine as functions that IREE's runtime finds: a plug-in for executables of its CPU devices.

The structs are those of version 0.1 of IREE's interface for such plug-ins (`iree/hal/local/executable_plugin.h`),
written down here because IREE's packages for pip bring no headers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce
from typing import TypeVar

import numpy as np

from nmcu.codegen import Program
from nmcu.codegen.program import MAIN
from nmcu.host.library import build

T = TypeVar("T")
FILE = "iree_plugin.c"
_HEAD = """\
#include <stddef.h>
#include <stdint.h>
#include <string.h>

%(includes)s

/* What a function is given: for each tensor its buffer, and its offset there in elements. */
typedef struct {
    int8_t *base;
    size_t offset;
} port_t;

typedef struct {
    uint32_t version;
    const char *name, *description;
    uint32_t features, sanitizer;
    uint64_t reserved[8];
} header_t;

typedef struct {
    size_t count;
    const char *const *names;
    void **functions, **contexts;
} resolve_t;

typedef struct {
    const header_t *header;
    void *(*load)(const void *environment, size_t count, const void *parameters, void **self);
    void (*unload)(void *self);
    void *(*resolve)(void *self, const resolve_t *wanted, uint32_t *resolution);
} plugin_t;
"""
_TAIL = """
static void *load(const void *environment, size_t count, const void *parameters, void **self)
{
    (void)environment, (void)count, (void)parameters;
    *self = NULL;
    return NULL;
}

static void unload(void *self)
{
    (void)self;
}

static void *resolve(void *self, const resolve_t *wanted, uint32_t *resolution)
{
    (void)self;
    *resolution = 0;
    for (size_t i = 0; i < wanted->count; ++i) {
%(cases)s
    }
    return NULL;
}

const header_t **iree_hal_executable_plugin_query(uint32_t newest, void *reserved)
{
    static const header_t header = {.version = 1, .name = "nmcu", .description = "regions of nmcu's"};
    static const plugin_t plugin = {&header, load, unload, resolve};
    (void)reserved;
    return newest >= 1 ? (const header_t **)&plugin : NULL;
}
"""


def plugin(programs: Mapping[str, Program]) -> bytes:
    """The shared library in which `programs` are functions, called by their names; cached by content.

    A function keeps its memory: run it from one thread at a time. Raises `ToolchainError` where it does not compile.
    """
    return build(reduce(_joined, [_glue(programs), *programs.values()]))


def _glue(programs: Mapping[str, Program]) -> Program:
    includes = "\n".join(f'#include "{program.network.name}.h"' for program in programs.values())
    cases = "\n".join(
        f'        if (strcmp(wanted->names[i], "{name}") == 0)\n            wanted->functions[i] = (void *)call_{name};'
        for name in programs
    )
    text = _HEAD % {"includes": includes}
    text += "".join(_function(name, program) for name, program in programs.items())
    return Program(files={FILE: text + _TAIL % {"cases": cases}}, sources=(FILE,))


def _function(name: str, program: Program) -> str:
    own = program.network
    memories = "".join(
        f"    static int8_t {memory}[{size} + 1] __attribute__((aligned({own.alignment})));\n"
        for memory, size in own.memories.items()
    )
    given = ", ".join(f"{memory}, {size}" for memory, size in own.memories.items())
    ports = (*program.inputs, *program.outputs)
    buffers = "".join(
        f"    static int8_t port{i}[{port.bytes} + {own.alignment}] __attribute__((aligned({own.alignment})));\n"
        for i, port in enumerate(ports)
    )
    count = len(program.inputs)
    inputs = ", ".join(f"{{port{i}, {port.bytes}}}" for i, port in enumerate(ports[:count]))
    outputs = ", ".join(f"{{port{i}, {port.bytes}}}" for i, port in enumerate(ports[count:], count))
    theirs = [
        f"given[{i}].base + {np.dtype(port.dtype).itemsize} * given[{i}].offset"
        for i, port in enumerate(ports)
    ]
    copies = [(f"port{i}", theirs[i], port.bytes) for i, port in enumerate(ports)]
    before = "".join(f"    memcpy({mine}, {other}, {size});\n" for mine, other, size in copies[:count])
    after = "".join(f"    memcpy({other}, {mine}, {size});\n" for mine, other, size in copies[count:])
    first = next(iter(own.memories))
    return f"""
static int call_{name}(const port_t *given, void *context, void *reserved)
{{
{memories}{buffers}    static int ready;
    const {own.name}_input_t inputs[] = {{{inputs}}};
    const {own.name}_output_t outputs[] = {{{outputs}}};
    (void)context, (void)reserved;
    if (!ready && {own.name}_init({given}) != 0)
        return 1;
    ready = 1;
{before}    if ({own.name}_run({first}, inputs, outputs) != 0)
        return 1;
{after}    return 0;
}}
"""


def _joined(a: Program, b: Program) -> Program:
    return replace(
        a,
        files={**a.files, **{name: text for name, text in b.files.items() if name != MAIN}},
        sources=_union(a.sources, b.library_sources),
        include_dirs=_union(a.include_dirs, b.include_dirs),
        library=_union(a.library, b.library),
        defines={**a.defines, **b.defines},
    )


def _union(a: Iterable[T], b: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*a, *b)))
