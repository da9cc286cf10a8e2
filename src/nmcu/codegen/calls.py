"""The functions around a run: `NAME_init`, `NAME_reset`, `NAME_on_layer`, `NAME_layer_name`, and what they check."""

import json
from itertools import combinations

from nmcu.codegen.arena import Arena
from nmcu.codegen.header import parameters
from nmcu.codegen.names import comment
from nmcu.codegen.reset import reset_lines
from nmcu.plan import Plan


def calls_text(plan: Plan, arena: Arena, name: str, made_for: int) -> str:
    """The C text of all of them."""
    return "\n".join(
        (_checks(arena, name, made_for), _init(arena, name), _reset(plan, arena, name), _others(plan, name))
    )


def _checks(arena: Arena, name: str, made_for: int) -> str:
    upper = name.upper()
    others = [memory for memory in arena.memories if memory != "arena"]
    head = "    const head_t *const head = arena;\n\n" if others else ""
    places = [("arena", "arena"), *((memory, f"head->{memory}") for memory in others)]
    within = " ||\n           ".join(
        f"overlap(data, bytes, {place}, {upper}_{memory.upper()}_BYTES)" for memory, place in places
    )
    return f"""\
#define MADE_FOR {made_for:#010x}u

static {name}_status_t check_memory(const void *memory, size_t bytes, size_t needed)
{{
    if (!memory) return {upper}_NULL;
    if ((uintptr_t)memory % {upper}_ALIGNMENT) return {upper}_MISALIGNED;
    return bytes < needed ? {upper}_TOO_SMALL : {upper}_OK;
}}

static {name}_status_t check_arena(const void *arena)
{{
    const {name}_status_t status = check_memory(arena, {upper}_ARENA_BYTES, {upper}_ARENA_BYTES);

    if (status) return status;
    return ((const head_t *)arena)->made_for == MADE_FOR ? {upper}_OK : {upper}_NOT_INITIALISED;
}}

static int overlap(const void *a, size_t a_bytes, const void *b, size_t b_bytes)
{{
    return (uintptr_t)a < (uintptr_t)b + b_bytes && (uintptr_t)b < (uintptr_t)a + a_bytes;
}}

/* Whether a tensor lies over memory given to {name}_init. */
static int in_memory(const void *arena, const void *data, size_t bytes)
{{
{head}    return {within};
}}
"""


def _init(arena: Arena, name: str) -> str:
    upper = name.upper()
    checks, kept = [], []
    for memory in arena.memories:
        size = "bytes" if memory == "arena" else f"{memory}_bytes"
        checks.append(
            f"    if (!status) status = check_memory({memory}, {size}, {upper}_{memory.upper()}_BYTES);\n"
        )
        if memory != "arena":
            kept.append(f"    head->{memory} = {memory};\n")
    for a, b in combinations(arena.memories, 2):
        sizes = (f"{upper}_{memory.upper()}_BYTES" for memory in (a, b))
        checks.append(
            "    if (!status && overlap({0}, {2}, {1}, {3})) status = {4}_OVERLAP;\n".format(
                a, b, *sizes, upper
            )
        )
    return f"""\
{name}_status_t {name}_init({parameters(arena)})
{{
    head_t *const head = arena;
    {name}_status_t status = {upper}_OK;

{"".join(checks)}    if (status) return status;
    memset(head, 0, sizeof *head);
{"".join(kept)}    head->made_for = MADE_FOR;
    return {name}_reset(arena);
}}
"""


def _reset(plan: Plan, arena: Arena, name: str) -> str:
    lines = []
    if plan.states:
        lines.append(f"    int8_t *const state = (int8_t *)arena + {arena.offset('state')};")
    lines.append(f"    const {name}_status_t status = check_arena(arena);")
    lines += ["", "    if (status) return status;"]
    lines += [f"    {line}" for line in reset_lines(plan, "state")]
    body = "\n".join(lines)
    return f"{name}_status_t {name}_reset(void *arena)\n{{\n{body}\n    return {name.upper()}_OK;\n}}\n"


def _others(plan: Plan, name: str) -> str:
    upper = name.upper()
    names = "".join(f"        {json.dumps(comment(layer.name))},\n" for layer in plan.layers)
    return f"""\
{name}_status_t {name}_on_layer(void *arena, {name}_on_layer_t *on_layer, void *context)
{{
    head_t *const head = arena;
    const {name}_status_t status = check_arena(arena);

    if (status) return status;
    head->on_layer = on_layer;
    head->context = context;
    return {upper}_OK;
}}

const char *{name}_layer_name(uint32_t layer)
{{
    static const char *const names[] = {{
{names}    }};

    return layer < {upper}_LAYERS ? names[layer] : 0;
}}
"""
