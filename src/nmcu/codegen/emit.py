"""From a plan to C text. No decisions here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nmcu import kernels
from nmcu.codegen.cprint import constant
from nmcu.codegen.names import comment, identifiers
from nmcu.codegen.program import Port, Program
from nmcu.codegen.weights import weights_assembly, weights_blob
from nmcu.kernels import Addresses
from nmcu.plan import Plan, PlannedLayer


def emit(plan: Plan, name: str = "network") -> Program:
    """The program of `plan`; `name` is only shown in comments."""
    symbols = _Symbols.of(plan)
    used = [kernels.get(layer.kernel) for layer in plan.layers if layer.kernel]
    library = dict.fromkeys(path for kernel in used for path in kernel.library(plan.isa))
    include_dirs = dict.fromkeys(path for kernel in used for path in kernel.include_dirs())
    files: dict[str, bytes | str] = {
        "network.h": _header(plan, symbols, name),
        "network.c": _source(plan, symbols, name),
        "main.c": _MAIN,
        "weights.S": weights_assembly(plan, symbols.constants),
        "weights.bin": weights_blob(plan),
    }
    return Program(
        files=files,
        sources=("network.c", "main.c", "weights.S"),
        include_dirs=tuple(include_dirs),
        library=tuple(sorted(library)),
        inputs=tuple(Port(t.name, symbols.tensors[t.name], t.shape) for t in plan.inputs),
        outputs=tuple(Port(t.name, symbols.tensors[t.name], t.shape) for t in plan.outputs),
        regions={number + 1: layer.name for number, layer in enumerate(plan.layers)},
    )


@dataclass(frozen=True)
class _Symbols:
    """C names: of tensors, of layers' descriptors, and of packed constants by (layer, constant)."""

    tensors: Mapping[str, str]
    layers: Mapping[str, str]
    constants: Mapping[tuple[str, str], str]

    @staticmethod
    def of(plan: Plan) -> "_Symbols":
        ports = identifiers([t.name for t in plan.inputs], "input_")
        ports |= identifiers([t.name for t in plan.outputs], "output_")
        inner = identifiers([name for name in plan.tensors if name not in ports], "t_")
        layers = identifiers(layer.name for layer in plan.layers)
        constants = {
            (layer.name, key): f"nmcu_{layers[layer.name]}_{key}"
            for layer in plan.layers
            for key in layer.constants
        }
        return _Symbols(ports | inner, layers, constants)


def _header(plan: Plan, symbols: _Symbols, name: str) -> str:
    lines = [
        f"/* {comment(name)}: int8 network for {plan.target.name}, {plan.isa}, made by nmcu.",
        " *",
        " * Every core calls network_run(); it reads the input arrays, writes the output arrays and uses no others.",
        " * real value = (int8 value - zero point) * scale; layout NHWC. */",
        "#ifndef NETWORK_H",
        "#define NETWORK_H",
        "",
        "#include <stdint.h>",
        "",
    ]
    for kind, tensors in (("input", plan.inputs), ("output", plan.outputs)):
        for t in tensors:
            quant = "" if t.scale is None else f", scale {t.scale:.9g}, zero point {t.zero_point}"
            lines.append(f'/* {kind} "{comment(t.name)}": shape {"x".join(map(str, t.shape))}{quant} */')
            lines.append(f"extern int8_t {symbols.tensors[t.name]}[{t.bytes}];")
    lines += ["", "void network_run(void);", "", "#endif", ""]
    return "\n".join(lines)


def _source(plan: Plan, symbols: _Symbols, name: str) -> str:
    used = [kernels.get(layer.kernel) for layer in plan.layers if layer.kernel]
    headers = sorted({header for kernel in used for header in kernel.headers})
    parts = [
        f"/* {comment(name)}: {len(plan.layers)} layers, {plan.predicted_cycles} cycles predicted. */\n",
        '#include "network.h"\n\n'
        + "".join(f'#include "{h}"\n' for h in headers)
        + '#include "nmcu_hal.h"\n',
        _memory(plan, symbols),
    ]
    if plan.tensors:
        parts.append(
            f"/* Activations between layers, in L2. */\nstatic int8_t l2[{plan.arena_bytes}] NMCU_L2;\n"
            + "".join(f"#define {symbols.tensors[t]} (l2 + {b.offset})\n" for t, b in plan.tensors.items())
        )
    if symbols.constants:
        parts.append(
            "/* Packed weights (weights.S). */\n"
            + "".join(f"extern const uint8_t {symbol}[];\n" for symbol in symbols.constants.values())
        )
    parts += [_layer(plan, layer, symbols) for layer in plan.layers if layer.kernel]
    parts.append(_run(plan, symbols))
    return "\n".join(parts)


def _memory(plan: Plan, symbols: _Symbols) -> str:
    ports = "".join(
        f"int8_t {symbols.tensors[t.name]}[{t.bytes}] NMCU_L2;\n" for t in (*plan.inputs, *plan.outputs)
    )
    if plan.l1_peak_bytes == 0:
        return ports
    return f"/* Working buffers of one layer after the other. */\nstatic int8_t l1[{plan.l1_peak_bytes}] NMCU_L1;\n\n{ports}"


def _layer(plan: Plan, planned: PlannedLayer, symbols: _Symbols) -> str:
    assert planned.kernel is not None
    layer, kernel = planned.layer, kernels.get(planned.kernel)

    def place(tensor: str) -> str:
        return symbols.tensors[plan.aliases.get(tensor, tensor)]

    at = Addresses(
        inputs=tuple(place(t.name) for t in layer.inputs),
        outputs=tuple(place(t.name) for t in layer.outputs),
        constants={key: symbols.constants[layer.name, key] for key in planned.constants},
        l1={key: f"l1 + {buffer.offset}" for key, buffer in planned.l1.items()},
    )
    shapes = " + ".join("x".join(map(str, t.shape)) for t in layer.inputs)
    result = ", ".join("x".join(map(str, t.shape)) for t in layer.outputs)
    macs = f", {layer.macs} MACs" if layer.macs else ""
    title = f'/* {layer.kind} "{comment(layer.name)}": {shapes} -> {result}{macs}, by {kernel.name} */\n'
    return title + constant(kernel.descriptor(layer, planned.parameters, at), symbols.layers[layer.name])


def _run(plan: Plan, symbols: _Symbols) -> str:
    lines = ["void network_run(void)", "{"]
    for number, planned in enumerate(plan.layers):
        if planned.kernel:
            lines.append(f"    nmcu_region({number + 1});")
            lines.append(f"    {kernels.get(planned.kernel).function}(&{symbols.layers[planned.name]});")
    lines += ["    nmcu_region(0);", "}", ""]
    return "\n".join(lines)


_MAIN = """#include "network.h"

int main(void)
{
    network_run();
    return 0;
}
"""


def library_files(program: Program) -> tuple[Path, ...]:
    """Every file of the package that the program compiles or includes."""
    headers = [p for folder in program.include_dirs for p in folder.iterdir() if p.suffix in (".h", ".inc")]
    return tuple(sorted({*program.library, *headers}))
