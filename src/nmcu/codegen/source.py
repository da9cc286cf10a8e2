"""The C text of a network: descriptors, constants, and the functions that the header declares."""

from nmcu.codegen.arena import HEAD_BYTES, Arena, output
from nmcu.codegen.calls import calls_text
from nmcu.codegen.generated import generated
from nmcu.codegen.layers import part_text
from nmcu.codegen.names import comment
from nmcu.codegen.reset import reset_constants
from nmcu.codegen.run import run_text
from nmcu.codegen.symbols import Symbols
from nmcu.errors import counted
from nmcu.plan import Plan

_KINDS = {"ring": "uint8_t", "tickets": "uint32_t"}
"""Types of what is not in bytes with a sign."""


def source_text(plan: Plan, arena: Arena, symbols: Symbols, name: str, title: str, made_for: int) -> str:
    """`NAME.c`. `made_for` marks arenas of this network."""
    used = [layer.kernel for layer in plan.layers if layer.kernel]
    streams = bool(plan.chunks or plan.spill_bytes)
    own = {header for header, needed in (("stream.h", streams), ("ahead.h", plan.comes_ahead)) if needed}
    headers = sorted({header for kernel in used for header in kernel.headers} | own)
    headers += sorted(name for name in generated(plan) if name.endswith(".h"))
    parts = [
        f"/* {comment(title)}: {counted(len(plan.layers), 'layer')}, {plan.predicted_cycles} cycles predicted. */\n",
        f'#include "{name}.h"\n\n'
        + "".join(f'#include "{h}"\n' for h in headers)
        + '#include "nmcu_hal.h"\n\n#include <string.h>\n',
        _types(plan, arena, name),
        _constants(plan, name),
        *(
            part_text(plan, planned, number, symbols)
            for planned in plan.layers
            for number in range(len(planned.parts))
        ),
        reset_constants(plan),
        calls_text(plan, arena, name, made_for),
        run_text(plan, arena, symbols, name),
    ]
    return "\n".join(part for part in parts if part)


def _types(plan: Plan, arena: Arena, name: str) -> str:
    outputs = {output(t) for t in arena.copied}
    members = "".join(
        f"    {_KINDS.get(place, 'int8_t')} *{place};\n"
        for place in (*(p for p in arena.places if p not in outputs), *(["arena"] if outputs else []))
    )
    ports = "".join(
        f"    int8_t *{kind}[{len(tensors)}];\n"
        for kind, tensors in (("input", plan.inputs), ("output", plan.outputs))
        if tensors
    )
    memories = "".join(f"    int8_t *{memory};\n" for memory in arena.memories if memory != "arena")
    return f"""\
/* A layer's function: its descriptor is on the stack only while it runs. */
#define NETWORK_LAYER void __attribute__((noinline))

/* What the arena begins with. */
typedef struct {{
    uint32_t made_for;
    {name}_on_layer_t *on_layer;
    void *context;
{memories}}} head_t;

_Static_assert(sizeof(head_t) <= {HEAD_BYTES}, "the arena's head");

/* What a run works on. */
typedef struct {{
    {name}_on_layer_t *on_layer;
    void *context;
{members}{ports}}} places_t;
"""


def _constants(plan: Plan, name: str) -> str:
    text = ""
    if plan.weight_blob_bytes:
        text += (
            f"/* Packed weights and tables. */\nextern const uint32_t {name}_weights[];\n"
            f"#define WEIGHTS ((const uint8_t *){name}_weights)\n"
        )
    if plan.chunks:
        chunks = "".join(
            f"    {{STREAM + {c.source.offset}, {c.place.offset}, {c.place.bytes}}},\n" for c in plan.chunks
        )
        text += (
            "/* Weights in L3 that stream through a ring in L2 while earlier layers run. */\n"
            f"extern const uint32_t {name}_stream[];\n"
            f"#define STREAM ((const uint8_t *){name}_stream)\n"
            f"static const nmcu_chunk_t chunks[{len(plan.chunks)}] = {{\n{chunks}}};\n"
        )
    return text
