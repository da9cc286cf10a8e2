"""The public header of a network: what a program that runs it sees."""

import textwrap

from nmcu.codegen.arena import ALIGNMENT, TENSOR_ALIGNMENT, Arena
from nmcu.codegen.names import comment
from nmcu.codegen.symbols import Symbols
from nmcu.errors import counted
from nmcu.graph import TensorInfo
from nmcu.kernels.kernel import align
from nmcu.plan import Plan

MEMORIES = {
    "arena": "working memory, which holds everything that a run writes and all that lasts from run to run",
    "fast": "fast memory that kernels compute in: it holds nothing between runs",
    "bulk": "bulk memory for activations that wait: it holds nothing between runs",
}
STATUS = (
    ("OK", "done"),
    ("NULL", "a pointer is null"),
    ("MISALIGNED", "memory or a tensor does not lie at a multiple of the bytes that it needs"),
    ("TOO_SMALL", "memory has fewer bytes than it needs"),
    ("NOT_INITIALISED", "the arena was not given to {name}_init, or written over since"),
    ("WRONG_SIZE", "a tensor has another number of bytes than the network's"),
    (
        "OVERLAP",
        "an output, or memory of the network, lies over something else that was given",
    ),
)
"""What functions return, in the order of the codes."""
STACK_BYTES = 1664
"""For a run, where no kernel knows better: at most 1,536 bytes were measured in seven public networks (GCC, clang)."""
SEVERAL_CORES = ("NOT_A_CORE", "the calling core is none of the first {upper}_CORES")
"""The last code, of networks for several cores."""


def header_text(plan: Plan, arena: Arena, symbols: Symbols, name: str, title: str) -> str:
    """`NAME.h`. `title` is what comments call the network."""
    upper = name.upper()
    lines = [
        f"/* {comment(title)}: int8 network for {plan.target.name}, {plan.isa}, made by nmcu. */",
        f"#ifndef {upper}_H",
        f"#define {upper}_H",
        "",
        "#include <stddef.h>",
        "#include <stdint.h>",
        "",
        "#ifdef __cplusplus",
        'extern "C" {',
        "#endif",
        "",
        *_memories(arena, upper),
        *_tensors(plan, symbols, upper),
        *comment_lines(
            f"{upper}_LAYERS layers; numbers count from 0. {upper}_CORES cores run them together, every one of which "
            f"calls {name}_run."
            if plan.target.cores > 1
            else f"{upper}_LAYERS layers; numbers count from 0."
        ),
        f"#define {upper}_LAYERS {len(plan.layers)}",
        *cores_lines(plan.target.cores, upper),
        "",
        *comment_lines(
            f"Stack that {name}_run needs, in bytes{' on each core' if plan.target.cores > 1 else ''}, compiled with "
            "-O2; what a callback takes comes on top."
        ),
        f"#define {upper}_STACK_BYTES {stack_bytes(plan)}",
        "",
        *_types(name, plan.target.cores > 1),
        *_functions(plan, arena, name),
        "#ifdef __cplusplus",
        "}",
        "#endif",
        "",
        "#endif",
        "",
    ]
    return "\n".join(lines)


def stack_bytes(plan: Plan) -> int:
    """Stack of a core for one run: what most networks need, or more where a kernel does."""
    needs = (each.kernel.stack_bytes(each.layer) for each in plan.layers if each.kernel)
    return max(STACK_BYTES, align(max(needs, default=0)))


def parameters(arena: Arena) -> str:
    """The parameters of `NAME_init`."""
    names = [("", memory) if memory == "arena" else (f"{memory}_", memory) for memory in arena.memories]
    return ", ".join(f"void *{memory}, size_t {prefix}bytes" for prefix, memory in names)


def run_declaration(name: str) -> str:
    """`NAME_run` without a body."""
    start = f"{name}_status_t {name}_run("
    inputs, outputs = f"const {name}_input_t *inputs", f"const {name}_output_t *outputs"
    return f"{start}void *arena, {inputs},\n{' ' * len(start)}{outputs})"


def _memories(arena: Arena, upper: str) -> list[str]:
    lines = []
    for memory, size in arena.memories.items():
        lines += comment_lines(f"`{memory}` of {upper.lower()}_init: {MEMORIES[memory]}.")
        lines.append(f"#define {upper}_{memory.upper()}_BYTES {size}")
    return [*lines, f"#define {upper}_ALIGNMENT {ALIGNMENT} /* of memory, in bytes */", ""]


def _tensors(plan: Plan, symbols: Symbols, upper: str) -> list[str]:
    lines = comment_lines(
        "Inputs and outputs: number, elements, bytes. Maps are in the order height, width, channels. An integer "
        "stands for (integer - ZERO_POINT) * SCALE; values beyond its range are its limits."
    )
    lines += [
        f"#define {upper}_INPUTS {len(plan.inputs)}",
        f"#define {upper}_OUTPUTS {len(plan.outputs)}",
        f"#define {upper}_TENSOR_ALIGNMENT {TENSOR_ALIGNMENT} /* of inputs and outputs, in bytes */",
        "",
    ]
    for kind, tensors, names in (
        ("input", plan.inputs, symbols.inputs),
        ("output", plan.outputs, symbols.outputs),
    ):
        for number, tensor in enumerate(tensors):
            shown = plan.ports.get(tensor.name, tensor.name)
            lines += _tensor(kind, number, shown, tensor, f"{upper}_{names[tensor.name].upper()}")
    return lines


def _tensor(kind: str, number: int, shown: str, tensor: TensorInfo, word: str) -> list[str]:
    element = "float" if tensor.dtype == "float32" else f"{tensor.dtype}_t"
    shape = "x".join(map(str, tensor.shape))
    lines = [
        f'/* {kind} {number}, "{comment(shown)}": {element}, {shape} */',
        f"#define {word} {number}",
        f"#define {word}_SIZE {tensor.size}",
        f"#define {word}_BYTES {tensor.bytes}",
    ]
    if tensor.scale is not None:
        text = f"{tensor.scale:.9g}"
        zero_point = tensor.zero_point or 0
        lines += [
            f"#define {word}_SCALE {text if '.' in text or 'e' in text else text + '.0'}f",
            f"#define {word}_ZERO_POINT {f'({zero_point})' if zero_point < 0 else zero_point}",
        ]
    return [*lines, ""]


def cores_lines(cores: int, upper: str) -> list[str]:
    """The number of cores that run the code together, as C for `cores` on the target and one anywhere else."""
    if cores == 1:
        return []
    return [
        f"#ifndef {upper}_CORES",
        "#if defined(__riscv) && __riscv_xlen == 32",
        f"#define {upper}_CORES {cores}",
        "#else",
        f"#define {upper}_CORES 1",
        "#endif",
        "#endif",
    ]


def _types(name: str, several: bool) -> list[str]:
    upper = name.upper()
    lines = ["/* What functions return. */", "typedef enum {"]
    codes = (*STATUS, SEVERAL_CORES) if several else STATUS
    words = [(word, text.format(name=name, upper=upper)) for word, text in codes]
    for number, (word, text) in enumerate(words):
        lines.append(f"    {upper}_{word} = {number}, /* {text} */")
    lines += [
        f"}} {name}_status_t;",
        "",
        "/* A tensor that the caller gives: where it lies, and its bytes. */",
        f"typedef struct {{\n    const void *data;\n    size_t bytes;\n}} {name}_input_t;",
        f"typedef struct {{\n    void *data;\n    size_t bytes;\n}} {name}_output_t;",
        "",
        *comment_lines(
            f"Told on every core that layer number `layer` begins; {upper}_LAYERS: the run ends. A network that "
            "runs some of its layers by rows comes back to them."
        ),
        f"typedef void {name}_on_layer_t(void *context, uint32_t layer);",
        "",
    ]
    return lines


def _functions(plan: Plan, arena: Arena, name: str) -> list[str]:
    upper, several = name.upper(), plan.target.cores > 1
    states = f"{counted(len(plan.states), 'state')} ({plan.state_bytes} bytes)"
    one = " Called by one core, before the others run." if several else ""
    run = (
        f" Every core of {upper}_CORES calls it with the same arguments and returns when all are done; core "
        "numbers are mhartid."
        if several
        else ""
    )
    reset = (
        f"Gives what lasts from run to run, {states}, its initial values: a new sequence begins."
        if plan.states
        else "Nothing lasts from run to run: it only says whether the arena is ready."
    )
    return [
        *comment_lines(
            f"Makes memory ready for runs, with states as before the first one.{one} The memory belongs to the "
            "network until its last run; several networks, or several of one, have memory of their own each."
        ),
        f"{name}_status_t {name}_init({parameters(arena)});",
        "",
        *comment_lines(
            f"Runs the network once: reads {upper}_INPUTS inputs and writes {upper}_OUTPUTS outputs, in the order of "
            f"their numbers. Nothing is written besides the outputs and the memory given to {name}_init; up to 16 "
            f"bytes behind an input may be read and are not used.{run}"
        ),
        f"{run_declaration(name)};",
        "",
        *comment_lines(reset + one),
        f"{name}_status_t {name}_reset(void *arena);",
        "",
        *comment_lines(
            "Calls `on_layer` with `context` in every run from now on, between the layers: for progress, a watchdog, "
            f"a profile. Null ends it.{one}"
        ),
        f"{name}_status_t {name}_on_layer(void *arena, {name}_on_layer_t *on_layer, void *context);",
        "",
        "/* The layer's name in the model; null where there is no such layer. */",
        f"const char *{name}_layer_name(uint32_t layer);",
        "",
    ]


def comment_lines(text: str) -> list[str]:
    """`text` as a comment, lines of at most 110 columns."""
    lines = textwrap.wrap(text, 104, break_long_words=False, break_on_hyphens=False)
    if len(lines) == 1:
        return [f"/* {lines[0]} */"]
    return [f"/* {lines[0]}", *(f" * {line}" for line in lines[1:-1]), f" * {lines[-1]} */"]
