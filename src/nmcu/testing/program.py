"""A program that is nothing but one layer, run by one kernel."""

from nmcu.codegen import Port, Program, cprint
from nmcu.graph import Layer
from nmcu.isa import InstructionSet
from nmcu.kernels import Addresses, Candidate, Kernel
from nmcu.kernels.kernel import NOWHERE


def program(
    layer: Layer, kernel: Kernel, candidate: Candidate, isa: InstructionSet, main: str, *, staged: bool
) -> Program:
    """C that defines the layer's descriptor and all its memory, and `main`, in which RUN stands for the call; for a
    machine whose operands are `staged`, or one that uses them where they lie.

    What is used in place may be read 16 bytes and written 3 bytes beyond its end, as the activations of a plan may.
    """
    packed = kernel.pack(layer)
    at = Addresses(
        inputs=tuple(f"input{i}" for i in range(len(layer.inputs))),
        outputs=tuple(f"output{i}" for i in range(len(layer.outputs))),
        constants={key: f"constant_{key}" for key in packed},
        l1={key: f"l1_{key}" if size else NOWHERE for key, size in candidate.l1.items()},
        in_l1=frozenset() if staged else None,
    )
    lines = [f'#include "{header}"' for header in kernel.headers]
    lines += ['#include "nmcu_hal.h"', ""]
    in_place = 0 in candidate.l1.values()
    for names, tensors, beyond in ((at.inputs, layer.inputs, 16), (at.outputs, layer.outputs, 3)):
        sizes = [t.bytes + (beyond if in_place else 0) for t in tensors]
        lines += [f"int8_t {n}[{size}] NMCU_L2;" for n, size in zip(names, sizes, strict=True)]
    lines += [
        f"static int8_t l1_{key}[{size}] NMCU_L1 __attribute__((aligned(16)));"
        for key, size in candidate.l1.items()
        if size
    ]
    for key, constant in packed.items():
        values = ",".join(map(str, constant.data))
        lines.append(
            f"static const uint8_t constant_{key}[{constant.size}] "
            f"__attribute__((aligned({constant.alignment}))) = {{{values}}};"
        )
    lines.append(cprint.constant(kernel.descriptor(layer, candidate.parameters, at), "layer"))
    lines.append(main.replace("RUN", f"{kernel.function}(&layer)"))
    return Program(
        files={"program.c": "\n".join(lines)},
        sources=("program.c",),
        include_dirs=kernel.include_dirs(isa),
        library=kernel.library(isa),
        inputs=tuple(Port(n, n, t.shape) for n, t in zip(at.inputs, layer.inputs, strict=True)),
        outputs=tuple(Port(n, n, t.shape) for n, t in zip(at.outputs, layer.outputs, strict=True)),
        regions={1: "layer"},
    )
