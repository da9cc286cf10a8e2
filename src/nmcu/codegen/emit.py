"""From a plan to C text. No decisions here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from nmcu.codegen.cprint import constant
from nmcu.codegen.names import Identifiers, comment
from nmcu.codegen.program import Port, Program
from nmcu.codegen.weights import resident_blob, stream_blob, weights_assembly
from nmcu.errors import counted
from nmcu.graph import TensorInfo
from nmcu.isa import InstructionSet
from nmcu.kernels import Addresses, Kernel
from nmcu.kernels.kernel import KERNELS_DIR, NOWHERE
from nmcu.plan import Part, Plan, PlannedLayer


def emit(plan: Plan, name: str = "network", bodies: InstructionSet | None = None) -> Program:
    """The program of `plan`; `name` is only shown in comments.

    `bodies` is the instruction set whose bodies of the kernels are taken, where it is not the plan's.
    """
    isa = plan.isa if bodies is None else bodies
    symbols = _Symbols.of(plan)
    used = [layer.kernel for layer in plan.layers if layer.kernel]
    library = dict.fromkeys(path for kernel in used for path in kernel.library(isa))
    include_dirs = dict.fromkeys(path for kernel in used for path in kernel.include_dirs(isa))
    include_dirs[KERNELS_DIR / "common"] = None
    files: dict[str, bytes | str] = {
        "network.h": _header(plan, symbols, name),
        "network.c": _source(plan, symbols, name),
        "main.c": _MAIN,
        "weights.S": weights_assembly(plan, symbols.constants),
        "weights.bin": resident_blob(plan),
    }
    if plan.chunks:
        files["stream.bin"] = stream_blob(plan)
    return Program(
        files=files,
        sources=("network.c", "main.c", "weights.S"),
        include_dirs=tuple(include_dirs),
        library=tuple(sorted(library)),
        folders=_folders(used, isa),
        inputs=tuple(_port(t, symbols.tensors[t.name]) for t in plan.inputs),
        outputs=tuple(_port(t, symbols.tensors[t.name]) for t in plan.outputs),
        regions={number + 1: layer.name for number, layer in enumerate(plan.layers)},
    )


def _port(tensor: TensorInfo, symbol: str) -> Port:
    return Port(tensor.name, symbol, tensor.shape, tensor.dtype, tensor.scale, tensor.zero_point)


def _folders(used: Iterable[Kernel], isa: InstructionSet) -> Mapping[Path, str]:
    """Names for the folders outside the package that kernels have files in: those of the kernels."""
    found: dict[Path, str] = {}
    for kernel in used:
        for folder in kernel.include_dirs(isa):
            if folder not in found and not folder.is_relative_to(KERNELS_DIR):
                taken = sum(name.startswith(f"kernels/{kernel.name}") for name in found.values())
                found[folder] = f"kernels/{kernel.name}" + (f"_{taken + 1}" if taken else "")
    return MappingProxyType(found)


@dataclass(frozen=True)
class _Symbols:
    """C names: of tensors, of descriptors by (layer, part), of packed constants in L2 by (layer, part, constant)."""

    tensors: Mapping[str, str]
    descriptors: Mapping[tuple[str, int], str]
    constants: Mapping[tuple[str, int, str], str]

    @staticmethod
    def of(plan: Plan) -> "_Symbols":
        names = Identifiers()
        tensors = {t.name: names.take("input_", t.name) for t in plan.inputs}
        tensors |= {t.name: names.take("output_", t.name) for t in plan.outputs}
        tensors |= {name: names.take("t_", name) for name in plan.tensors if name not in tensors}
        descriptors: dict[tuple[str, int], str] = {}
        constants: dict[tuple[str, int, str], str] = {}
        for layer in plan.layers:
            for number, part in enumerate(layer.parts):
                suffix = f"_part{number}" if len(layer.parts) > 1 else ""
                descriptors[layer.name, number] = names.take("layer_", layer.name, suffix)
                for key in part.constants:
                    wanted = f"{suffix}_{key}"
                    constants[layer.name, number, key] = names.take("layer_", layer.name, wanted)
        return _Symbols(tensors, descriptors, constants)


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
            lines.append(f"extern {_declaration(t, symbols)};")
    lines += ["", "void network_run(void);", "", "#endif", ""]
    return "\n".join(lines)


def _source(plan: Plan, symbols: _Symbols, name: str) -> str:
    used = [layer.kernel for layer in plan.layers if layer.kernel]
    headers = sorted(
        {header for kernel in used for header in kernel.headers}
        | ({"stream.h"} if plan.chunks or plan.spills else set())
    )
    parts = [
        f"/* {comment(name)}: {counted(len(plan.layers), 'layer')}, {plan.predicted_cycles} cycles predicted. */\n",
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
    if plan.chunks:
        parts.append(_stream(plan))
    if plan.spills:
        waiting = f"static int8_t l3[{plan.spill_bytes}] NMCU_L3_BUFFER;\n"
        parts.append(f"/* Where activations wait in L3 that L2 has no room for. */\n{waiting}")
    parts += [
        _part(plan, planned, number, part, symbols)
        for planned in plan.layers
        for number, part in enumerate(planned.parts)
    ]
    parts.append(_run(plan, symbols))
    return "\n".join(parts)


def _memory(plan: Plan, symbols: _Symbols) -> str:
    ports = "".join(f"{_declaration(t, symbols)} NMCU_L2;\n" for t in (*plan.inputs, *plan.outputs))
    if plan.l1_peak_bytes == 0:
        return ports
    l1 = f"static int8_t l1[{plan.l1_peak_bytes}] NMCU_L1;\n"
    return f"/* Working buffers of one layer after the other. */\n{l1}\n{ports}"


def _declaration(port: TensorInfo, symbols: _Symbols) -> str:
    """The array of a network's input or output, without a storage class."""
    return f"{port.dtype}_t {symbols.tensors[port.name]}[{port.size}]"


def _stream(plan: Plan) -> str:
    chunks = "".join(
        f"    {{nmcu_stream + {c.source.offset}, ring + {c.place.offset}, {c.place.bytes}}},\n"
        for c in plan.chunks
    )
    return (
        "/* Weights in L3, and the ring in L2 that they stream through while earlier layers run. */\n"
        f"extern const uint8_t nmcu_stream[];\nstatic uint8_t ring[{plan.ring_bytes}] NMCU_L2;\n"
        f"static const nmcu_chunk_t chunks[{len(plan.chunks)}] = {{\n{chunks}}};\n"
    )


def _part(plan: Plan, planned: PlannedLayer, number: int, part: Part, symbols: _Symbols) -> str:
    assert planned.kernel is not None
    layer, kernel = part.layer, planned.kernel
    wide = {t.name for t in (*plan.inputs, *plan.outputs) if t.dtype != "int8"}

    def place(tensor: str) -> str:
        """Its first byte: descriptors count in bytes, whatever the elements are."""
        base = plan.aliases.get(tensor, tensor)
        return f"(int8_t *){symbols.tensors[base]}" if base in wide else symbols.tensors[base]

    constants = {key: symbols.constants[planned.name, number, key] for key in part.constants}
    constants |= {key: f"ring + {plan.chunks[chunk].place.offset}" for key, chunk in part.streamed.items()}
    outputs = [place(t.name) for t in layer.outputs]
    if part.first_channel:
        outputs[0] += f" + {part.first_channel * np.dtype(layer.outputs[0].dtype).itemsize}"
    at = Addresses(
        inputs=tuple(place(t.name) for t in layer.inputs),
        outputs=tuple(outputs),
        constants=constants,
        l1={key: f"l1 + {buffer.offset}" if buffer.bytes else NOWHERE for key, buffer in part.l1.items()},
        output_channels=planned.layer.outputs[0].shape[-1],
    )
    shapes = " + ".join("x".join(map(str, t.shape)) for t in layer.inputs)
    result = ", ".join("x".join(map(str, t.shape)) for t in layer.outputs)
    macs = f", {layer.macs} MACs" if layer.macs else ""
    title = f'/* {layer.kind} "{comment(layer.name)}": {shapes} -> {result}{macs}, by {kernel.name} */\n'
    return title + constant(
        kernel.descriptor(layer, part.parameters, at), symbols.descriptors[planned.name, number]
    )


def _run(plan: Plan, symbols: _Symbols) -> str:
    lines = ["void network_run(void)", "{"]
    step, started = 0, 0
    for number, planned in enumerate(plan.layers):
        if planned.parts:
            lines.append(f"    nmcu_region({number + 1});")
        for spill in plan.spills:
            if spill.loaded == number:
                here, there = symbols.tensors[spill.tensor], f"l3 + {spill.place.offset}"
                lines.append(f"    nmcu_move({here}, {there}, {spill.place.bytes});")
        for index, part in enumerate(planned.parts):
            assert planned.kernel is not None
            count = sum(chunk.started == step for chunk in plan.chunks)
            if count:
                lines.append(f"    nmcu_stream_start(chunks + {started}, {count});")
                started += count
            lines += [f"    nmcu_stream_wait({chunk + 1});" for chunk in part.streamed.values()]
            lines.append(f"    {planned.kernel.function}(&{symbols.descriptors[planned.name, index]});")
            step += 1
        for spill in plan.spills:
            if spill.stored == number:
                here, there = symbols.tensors[spill.tensor], f"l3 + {spill.place.offset}"
                lines.append(f"    nmcu_move({there}, {here}, {spill.place.bytes});")
    lines += ["    nmcu_region(0);", "}", ""]
    return "\n".join(lines)


_MAIN = """#include "network.h"

int main(void)
{
    network_run();
    return 0;
}
"""
