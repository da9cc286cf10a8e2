"""The packed constants of a network: binary files, and an assembly file that gives their parts names."""

from collections.abc import Mapping

from nmcu.kernels.packed import ALIGNMENT
from nmcu.plan import Plan


def resident_blob(plan: Plan) -> bytes:
    """The packed constants that stay in L2, at their planned offsets."""
    blob = bytearray(plan.weight_blob_bytes)
    for _, part in plan.steps:
        for key, place in part.constants.items():
            blob[place.offset : place.end] = part.packed[key].data
    return bytes(blob)


def stream_blob(plan: Plan) -> bytes:
    """The packed constants that stream from L3, at their planned offsets."""
    blob = bytearray(plan.stream_bytes)
    for _, part in plan.steps:
        for key, number in part.streamed.items():
            source = plan.chunks[number].source
            blob[source.offset : source.end] = part.packed[key].data
    return bytes(blob)


def weights_assembly(plan: Plan, symbols: Mapping[tuple[str, int, str], str]) -> str:
    """`weights.S`: the sections, the files' content, and a symbol for every constant in L2."""
    lines = ["/* Packed weights, requantisation constants and tables of all layers. */"]
    alignment = max((p.alignment for _, part in plan.steps for p in part.packed.values()), default=ALIGNMENT)
    lines += ['    .section .weights, "a"', f"    .balign {max(alignment, ALIGNMENT)}", "nmcu_weights:"]
    if plan.weight_blob_bytes:
        lines.append('    .incbin "weights.bin"')
    for planned in plan.layers:
        for number, part in enumerate(planned.parts):
            for key, place in part.constants.items():
                symbol = symbols[planned.name, number, key]
                lines += [f"    .globl {symbol}", f"    .set {symbol}, nmcu_weights + {place.offset}"]
    if plan.chunks:
        lines += ['    .section .l3, "a"', "    .balign 16", "    .globl nmcu_stream", "nmcu_stream:"]
        lines.append('    .incbin "stream.bin"')
    return "\n".join(lines) + "\n"
