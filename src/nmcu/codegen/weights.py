"""The packed constants of a network: binary files, and an assembly file that gives their parts names."""

from collections.abc import Mapping

from nmcu import kernels
from nmcu.plan import Plan


def resident_blob(plan: Plan) -> bytes:
    """The packed constants that stay in L2, at their planned offsets."""
    blob = bytearray(plan.weight_blob_bytes)
    for planned, part in plan.steps:
        assert planned.kernel is not None
        for key, data in kernels.get(planned.kernel).constants(part.layer).items():
            if key in part.constants:
                place = part.constants[key]
                blob[place.offset : place.end] = data
    return bytes(blob)


def stream_blob(plan: Plan) -> bytes:
    """The packed constants that stream from L3, at their planned offsets."""
    blob = bytearray(plan.stream_bytes)
    for planned, part in plan.steps:
        if part.streamed:
            assert planned.kernel is not None
            packed = kernels.get(planned.kernel).constants(part.layer)
            for key, number in part.streamed.items():
                source = plan.chunks[number].source
                blob[source.offset : source.end] = packed[key]
    return bytes(blob)


def weights_assembly(plan: Plan, symbols: Mapping[tuple[str, int, str], str]) -> str:
    """`weights.S`: the sections, the files' content, and a symbol for every constant in L2."""
    lines = ["/* Packed weights, requantisation constants and tables of all layers. */"]
    lines += ['    .section .weights, "a"', "    .balign 16", "nmcu_weights:"]
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
