"""The packed constants of a network: binary files, and an assembly file that takes them in."""

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
        for key, slot in part.streamed.items():
            start = plan.chunks[slot.chunk].source.offset + slot.offset
            blob[start : start + part.packed[key].size] = part.packed[key].data
    return bytes(blob)


def alignment(plan: Plan) -> int:
    """What the constants need, in bytes."""
    return max((ALIGNMENT, *(p.alignment for _, part in plan.steps for p in part.packed.values())))


def weights_assembly(plan: Plan, name: str) -> str:
    """`NAME_weights.S`: the sections and the files' content."""
    lines = ["/* Packed weights, requantisation constants and tables of all layers. */"]
    lines += included(".weights", f"{name}_weights", alignment(plan), empty=not plan.weight_blob_bytes)
    if plan.chunks:
        lines += included(".l3", f"{name}_stream", 16)
    return "\n".join(lines) + "\n"


def included(section: str, symbol: str, multiple: int, *, empty: bool = False) -> list[str]:
    """Assembly that puts the content of the file `SYMBOL.bin` at `symbol`, at a multiple of so many bytes; nothing
    where there is no such file."""
    lines = [f'    .section {section}, "a"', f"    .balign {multiple}", f"    .globl {symbol}", f"{symbol}:"]
    return lines if empty else [*lines, f'    .incbin "{symbol}.bin"']
