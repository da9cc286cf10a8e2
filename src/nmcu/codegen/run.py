"""`NAME_run`: what the caller gives is checked, then the layers run in the plan's order."""

from nmcu.codegen.arena import Arena, output
from nmcu.codegen.header import run_declaration
from nmcu.codegen.symbols import PLACES, Symbols
from nmcu.graph import TensorInfo
from nmcu.plan import COPY, Move, Plan, Spill

COPIED = frozenset({"weights"})
"""Constants of which the core that waits for them makes copies in compute memory; others are read by all cores."""


def run_text(plan: Plan, arena: Arena, symbols: Symbols, name: str) -> str:
    """The C text of the function, and of its checks."""
    upper = name.upper()
    tickets = (
        "    uint32_t ahead = 0; /* the last copy to L1 that was started before the layer that needs it */\n"
    )
    steps = "\n".join(
        f"    {line}" for line in (*_steps(plan, symbols, upper), *_copies(plan, arena, symbols))
    )
    return f"""\
{_check(plan, name)}
static void begin(const places_t *at, uint32_t layer)
{{
    if (at->on_layer) at->on_layer(at->context, layer);
}}

{run_declaration(name)}
{{
    const head_t *const head = arena;
    const {name}_status_t status = check_run(arena, inputs, outputs);

    if (status) return status;
    const places_t places = {{
        .on_layer = head->on_layer,
        .context = head->context,
{_places(plan, arena)}    }}, *const at = &places;
{tickets if plan.comes_ahead else ""}
{steps}
    begin(at, {upper}_LAYERS);
    return {upper}_OK;
}}
"""


def _check(plan: Plan, name: str) -> str:
    upper = name.upper()
    core = (
        f"    if (nmcu_core_id() >= {upper}_CORES) return {upper}_NOT_A_CORE;\n"
        if plan.target.cores > 1
        else ""
    )
    return f"""\
static {name}_status_t check_tensor(const void *data, size_t bytes, size_t needed)
{{
    if (!data) return {upper}_NULL;
    if ((uintptr_t)data % {upper}_TENSOR_ALIGNMENT) return {upper}_MISALIGNED;
    return bytes == needed ? {upper}_OK : {upper}_WRONG_SIZE;
}}

static {name}_status_t check_run(const void *arena, const {name}_input_t *in,
                                 const {name}_output_t *out)
{{
    static const uint32_t in_bytes[] = {{{_sizes(plan.inputs)}}}, out_bytes[] = {{{_sizes(plan.outputs)}}};
    {name}_status_t status = check_arena(arena);

{core}    if (!status && ({" || ".join(_given(plan))})) status = {upper}_NULL;
    for (unsigned i = 0; i < {upper}_INPUTS && !status; i++) {{
        status = check_tensor(in[i].data, in[i].bytes, in_bytes[i]);
        if (!status && in_memory(arena, in[i].data, in_bytes[i]))
            status = {upper}_OVERLAP;
    }}
    for (unsigned i = 0; i < {upper}_OUTPUTS && !status; i++) {{
        status = check_tensor(out[i].data, out[i].bytes, out_bytes[i]);
        if (!status && in_memory(arena, out[i].data, out_bytes[i]))
            status = {upper}_OVERLAP;
        for (unsigned j = 0; j < {upper}_INPUTS && !status; j++)
            if (overlap(out[i].data, out_bytes[i], in[j].data, in_bytes[j])) status = {upper}_OVERLAP;
        for (unsigned j = 0; j < i && !status; j++)
            if (overlap(out[i].data, out_bytes[i], out[j].data, out_bytes[j])) status = {upper}_OVERLAP;
    }}
    return status;
}}
"""


def _given(plan: Plan) -> list[str]:
    return [f"!{name}" for name, tensors in (("in", plan.inputs), ("out", plan.outputs)) if tensors] or ["0"]


def _sizes(tensors: tuple[TensorInfo, ...]) -> str:
    return ", ".join(str(t.bytes) for t in tensors) or "0"


def _places(plan: Plan, arena: Arena) -> str:
    outputs = {output(t) for t in arena.copied}
    lines = ["        .arena = arena,\n"] if outputs else []
    for place, (memory, offset) in arena.places.items():
        if place in outputs:
            continue
        start = "(int8_t *)arena" if memory == "arena" else f"head->{memory}"
        cast = {"ring": "(uint8_t *)", "tickets": "(uint32_t *)(void *)"}.get(place, "")
        where = f"{start} + {offset}"
        lines.append(f"        .{place} = {f'{cast}({where})' if cast else where},\n")
    for kind, given, tensors in (("input", "inputs", plan.inputs), ("output", "outputs", plan.outputs)):
        pointers = ", ".join(f"(int8_t *)(uintptr_t){given}[{i}].data" for i in range(len(tensors)))
        if pointers:
            lines.append(f"        .{kind} = {{{pointers}}},\n")
    return "".join(lines)


def _steps(plan: Plan, symbols: Symbols, upper: str) -> list[str]:
    lines: list[str] = []
    started, last = 0, None
    for step, (number, index) in enumerate(plan.order):
        planned = plan.layers[number]
        part = planned.parts[index]
        if number != last:
            lines.append(f"begin(at, {number});")
        last = number
        loads: list[Spill | Move] = [s for s in plan.spills if plan.loaded_at(s) == step]
        lines += [_move(symbols, moved, stored=False) for moved in (*loads, *part.loads)]
        count = sum(chunk.started == step for chunk in plan.chunks)
        if count:
            where = f"chunks + {started}, {PLACES}tickets + {started}, {PLACES}ring, {count}"
            lines.append(f"nmcu_stream_start({where});")
            started += count
        for chunk in {
            slot.chunk for slot in part.streamed.values() if plan.chunks[slot.chunk].needed == step
        }:
            lines.append(f"nmcu_stream_wait({PLACES}tickets + {chunk});")
            if not (plan.target.memory.staged and part.streamed.keys() <= COPIED):
                lines.append("nmcu_barrier();")
        if part.ahead:
            lines.append("nmcu_ahead_wait(ahead);")
        if step + 1 < len(plan.order):
            lines += _ahead(plan, plan.order[step + 1], symbols)
        lines.append(f"run_{symbols.layers[planned.name, index]}(at);")
        stores: list[Spill | Move] = [s for s in plan.spills if plan.stored_at(s) == step]
        lines += [_move(symbols, moved, stored=True) for moved in (*part.stores, *stores)]
    return lines


def _ahead(plan: Plan, step: tuple[int, int], symbols: Symbols) -> list[str]:
    """What is copied to L1 for a step while the one before runs."""
    name, index = plan.layers[step[0]].name, step[1]
    lines = []
    for key, place in plan.layers[step[0]].parts[index].ahead.items():
        layer = f"layer_{symbols.layers[name, index]}"
        source, size = (
            (f"&{layer}", f"sizeof {layer}")
            if key == COPY
            else (symbols.constants[name, index, key], str(place.bytes))
        )
        lines.append(f"ahead = nmcu_ahead({PLACES}l1 + {place.offset}, {source}, {size});")
    return lines


def _move(symbols: Symbols, moved: Spill | Move, *, stored: bool) -> str:
    ends = symbols.tensors[moved.tensor], f"{PLACES}l3 + {moved.place.offset}"
    to, source = reversed(ends) if stored else ends
    return f"nmcu_move({to}, {source}, {moved.place.bytes});"


def _copies(plan: Plan, arena: Arena, symbols: Symbols) -> list[str]:
    """Outputs that lie elsewhere: in the arena, or in an input or another output, whose tensor they are."""
    lines = []
    for number, tensor in enumerate(plan.outputs):
        place, source = f"{PLACES}output[{number}]", symbols.tensors[tensor.name]
        if source != place:
            lines.append(f"if (nmcu_core_id() == 0) memcpy({place}, {source}, {tensor.bytes});")
    return [*lines, "nmcu_barrier();"] if lines else []
