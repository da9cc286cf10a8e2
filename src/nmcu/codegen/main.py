"""`main` of the program that is nothing but a network: for a simulated machine, whose host writes and reads tensors."""

from collections.abc import Iterable

from nmcu.codegen.arena import Arena
from nmcu.codegen.symbols import Symbols
from nmcu.graph import TensorInfo
from nmcu.plan import Plan

_SECTIONS = {"arena": "NMCU_L2", "fast": "NMCU_L1", "bulk": "NMCU_L3_BUFFER"}


def main_text(plan: Plan, arena: Arena, symbols: Symbols, name: str) -> str:
    """`main.c`: memory, tensors, and runs for as long as the host has inputs. Every core runs it."""
    upper = name.upper()
    memories = "".join(
        f"static int8_t {memory}[{upper}_{memory.upper()}_BYTES] {_SECTIONS[memory]} "
        f"__attribute__((aligned({upper}_ALIGNMENT)));\n"
        for memory in arena.memories
    )
    ports = [
        *((t, symbols.inputs[t.name]) for t in plan.inputs),
        *((t, symbols.outputs[t.name]) for t in plan.outputs),
    ]
    tensors = "".join(f"{_declaration(t, symbol)} NMCU_L2;\n" for t, symbol in dict.fromkeys(ports))
    given = ", ".join(f"{memory}, sizeof {memory}" for memory in arena.memories)
    return f"""\
#include "{name}.h"
#include "nmcu_hal.h"
#include "nmcu_next_run.h"

{memories}
{tensors}
static const {name}_input_t inputs[] = {{{_list(symbols.inputs[t.name] for t in plan.inputs)}}};
static const {name}_output_t outputs[] = {{{_list(symbols.outputs[t.name] for t in plan.outputs)}}};

/* What cores do from here on counts for the layer, from 1 on; for none behind the last one. */
static void mark(void *context, uint32_t layer)
{{
    (void)context;
    nmcu_region(layer < {upper}_LAYERS ? layer + 1 : 0);
}}

int main(void)
{{
    {name}_status_t status = {upper}_OK;

    if (nmcu_core_id() == 0) {{
        status = {name}_init({given});
        if (status == {upper}_OK) status = {name}_on_layer(arena, mark, 0);
    }}
    nmcu_barrier();
    do
        if (status == {upper}_OK) status = {name}_run(arena, inputs, outputs);
    while (nmcu_next_run());
    return (int)status;
}}
"""


def _list(tensors: Iterable[str]) -> str:
    return ", ".join(f"{{{symbol}, sizeof {symbol}}}" for symbol in tensors)


def _declaration(tensor: TensorInfo, symbol: str) -> str:
    kind = "float" if tensor.dtype == "float32" else f"{tensor.dtype}_t"
    return f"{kind} {symbol}[{tensor.size}]"
