"""The packed constants of a network: one binary file, and an assembly file that gives its parts names."""

from collections.abc import Mapping

from nmcu import kernels
from nmcu.plan import Plan


def weights_blob(plan: Plan) -> bytes:
    """All packed constants at their planned offsets."""
    blob = bytearray(plan.weight_blob_bytes)
    for planned in plan.layers:
        if planned.kernel is None:
            continue
        for key, data in kernels.get(planned.kernel).constants(planned.layer).items():
            place = planned.constants[key]
            blob[place.offset : place.end] = data
    return bytes(blob)


def weights_assembly(plan: Plan, symbols: Mapping[tuple[str, str], str]) -> str:
    """`weights.S`: the section, the file's content, and a symbol for every constant."""
    lines = ["/* Packed weights, requantisation constants and tables of all layers (weights.bin). */"]
    lines += ['    .section .weights, "a"', "    .balign 16", "nmcu_weights:"]
    if plan.weight_blob_bytes:
        lines.append('    .incbin "weights.bin"')
    for planned in plan.layers:
        for key, place in planned.constants.items():
            symbol = symbols[planned.name, key]
            lines += [f"    .globl {symbol}", f"    .set {symbol}, nmcu_weights + {place.offset}"]
    return "\n".join(lines) + "\n"
