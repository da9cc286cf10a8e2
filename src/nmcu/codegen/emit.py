"""From a plan to C text. No decisions here."""

import zlib

from nmcu.codegen.arena import ALIGNMENT, Arena
from nmcu.codegen.generated import generated
from nmcu.codegen.header import header_text, stack_bytes
from nmcu.codegen.kernel_files import folders, library, portable
from nmcu.codegen.main import main_text
from nmcu.codegen.names import OWN_NAME, checked_name, network_name
from nmcu.codegen.program import MAIN, Interface, Port, Program
from nmcu.codegen.source import source_text
from nmcu.codegen.symbols import Symbols
from nmcu.codegen.weights import alignment, resident_blob, stream_blob, weights_assembly
from nmcu.graph import TensorInfo
from nmcu.isa import InstructionSet
from nmcu.kernels.kernel import KERNELS_DIR
from nmcu.plan import Plan


def emit(
    plan: Plan, title: str = OWN_NAME, bodies: InstructionSet | None = None, name: str | None = None
) -> Program:
    """The program of `plan`: the network, whose functions begin with `name`, and a `main` that runs it.

    `title` is what comments call the network, and where `name` is not given makes it. `bodies` is the instruction set
    whose bodies of the kernels are taken, where it is not the plan's. Raises `NmcuError` where nothing can be called
    `name`.
    """
    isa = plan.isa if bodies is None else bodies
    used = [layer.kernel for layer in plan.layers if layer.kernel]
    headers = {
        path.name for kernel in used for folder in kernel.include_dirs(isa) for path in folder.glob("*.h")
    }
    name = network_name(title, headers) if name is None else checked_name(name, headers)
    arena = Arena.of(plan)
    symbols = Symbols.of(plan, arena)
    include_dirs = dict.fromkeys(path for kernel in used for path in kernel.include_dirs(isa))
    include_dirs[KERNELS_DIR / "common"] = None
    weights, stream = resident_blob(plan), stream_blob(plan)
    header = header_text(plan, arena, symbols, name, title)
    made_for = zlib.crc32(header.encode() + weights + stream)
    files: dict[str, bytes | str] = {
        f"{name}.h": header,
        f"{name}.c": source_text(plan, arena, symbols, name, title, made_for),
        MAIN: main_text(plan, arena, symbols, name),
        f"{name}_weights.S": weights_assembly(plan, name),
        f"{name}_weights.bin": weights,
    }
    if plan.chunks:
        files[f"{name}_stream.bin"] = stream
    made = generated(plan)
    files |= made
    return Program(
        files=files,
        sources=(f"{name}.c", MAIN, f"{name}_weights.S", *(n for n in made if not n.endswith(".h"))),
        include_dirs=tuple(include_dirs),
        library=library(used, isa),
        portable=portable(used),
        folders=folders(used, isa),
        inputs=tuple(_port(t, symbols.inputs[t.name]) for t in plan.inputs),
        outputs=tuple(_port(t, symbols.outputs[t.name]) for t in plan.outputs),
        regions={number + 1: layer.name for number, layer in enumerate(plan.layers)},
        interface=Interface(name, arena.memories, ALIGNMENT, alignment(plan), stack_bytes(plan)),
    )


def _port(tensor: TensorInfo, symbol: str) -> Port:
    return Port(tensor.name, symbol, tensor.shape, tensor.dtype, tensor.scale, tensor.zero_point)
