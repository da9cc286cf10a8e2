"""Python side of rows.h: tiles of rows, and how long the pipeline takes."""

from collections.abc import Callable, Mapping

from nmcu.graph import Layer
from nmcu.kernels.cdata import Expr, Struct, Value
from nmcu.kernels.common.layer import LAYER_BYTES, copied_constants
from nmcu.kernels.kernel import KERNELS_DIR, Addresses, Candidate, Machine, align

TILE_OVERHEAD_CYCLES = 250
LAYER_OVERHEAD_CYCLES = 400
SOURCES = (KERNELS_DIR / "common" / "pipeline.c", KERNELS_DIR / "common" / "rows.c")


def shape(layer: Layer) -> tuple[int, int, int]:
    """(rows, bytes of an input row, bytes of an output row): rows are along the last axis of the input."""
    x, y = layer.inputs[0], layer.outputs[0]
    rows = x.size // x.shape[-1]
    return rows, x.bytes // rows, y.bytes // rows


def candidates(
    name: str,
    layer: Layer,
    machine: Machine,
    row_cycles: float,
    constant_bytes: int = 0,
    tile_cycles: Callable[[int], float] | None = None,
    own_bytes: int = 0,
) -> list[Candidate]:
    """Tilings worth considering, best first, for rows that take one core `row_cycles` cycles each, or a tile of so many
    rows all cores `tile_cycles`. The buffer `own` has `own_bytes` for each row of a tile."""
    rows, in_bytes, out_bytes = shape(layer)
    cycles_of = tile_cycles or (lambda count: row_cycles * -(-count // machine.cores))
    found = []
    for tiles in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256, 512, rows) if machine.staged else (1,):
        tile_rows = min(align(-(-rows // min(tiles, rows)), machine.cores), rows)
        count = -(-rows // tile_rows)
        sizes = {"layer": LAYER_BYTES, "in0": tile_rows * in_bytes, "out0": tile_rows * out_bytes}
        l1 = {name: machine.staged_bytes(size) for name, size in sizes.items()}
        if count > 1:
            l1 |= {"in1": l1["in0"], "out1": l1["out0"]}
        if constant_bytes:
            l1["constants"] = machine.staged_bytes(constant_bytes)
        if own_bytes:
            l1["own"] = tile_rows * own_bytes
        work, last = (int(cycles_of(n)) for n in (tile_rows, rows - (count - 1) * tile_rows))
        load, store = (
            machine.staging_cycles(tile_rows * in_bytes),
            machine.staging_cycles(tile_rows * out_bytes),
        )
        cycles = LAYER_OVERHEAD_CYCLES + machine.staging_cycles(constant_bytes) + load + store
        cycles += count * TILE_OVERHEAD_CYCLES + last
        cycles += (count - 1) * int(machine.at_once(work, load + store))
        if sum(align(size) for size in l1.values()) <= machine.l1_bytes:
            found.append(
                Candidate(
                    name,
                    {"rows": tile_rows},
                    l1,
                    cycles,
                    (count - 1) * work + last,
                    count * (load + store),
                )
            )
    unique = {c.parameters["rows"]: c for c in found}
    return sorted(unique.values(), key=lambda c: (c.cycles, c.l1_bytes))


def descriptor(
    layer: Layer,
    parameters: Mapping[str, int],
    at: Addresses,
    constants: str | None = None,
    constant_bytes: int = 0,
) -> Struct:
    """The `nmcu_rows_t` of a layer."""
    rows, in_bytes, out_bytes = shape(layer)
    members: dict[str, Value] = {
        "input": Expr(at.inputs[0]),
        "output": Expr(at.outputs[0]),
        "in_tile": (Expr(at.l1["in0"]), Expr(at.l1.get("in1", at.l1["in0"]))),
        "out_tile": (Expr(at.l1["out0"]), Expr(at.l1.get("out1", at.l1["out0"]))),
        "rows": rows,
        "tile_rows": parameters["rows"],
        "tiles": -(-rows // parameters["rows"]),
        "in_bytes": in_bytes,
        "out_bytes": out_bytes,
    }
    if constants is not None:
        members |= copied_constants(at, constants, constant_bytes)
    return Struct("nmcu_rows_t", members)
