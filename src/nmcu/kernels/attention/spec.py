"""The two products of attention, of queries and keys and of attention weights and values: one driver (product.c)."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nmcu.graph import Layer, ops
from nmcu.kernels.body import Body, body
from nmcu.kernels.cdata import Expr, Struct
from nmcu.kernels.common import requantize
from nmcu.kernels.common.layer import LAYER_BYTES
from nmcu.kernels.common.window import pair
from nmcu.kernels.kernel import KERNELS_DIR, Addresses, Candidate, Kernel, Machine, OpT, align

FOLDER = Path(__file__).parent
GROUP_HEADER_BYTES = 16
STEP_CYCLES = {"rv32": 990, "xcv": 24.7, "gmac": 21.9}
"""Of a word of four rows by four outputs."""
SINGLE_STEP_CYCLES = {"rv32": 250, "xcv": 9.3, "gmac": 5.5}
"""Of a word of one row by four outputs."""
ITEM_CYCLES = {"rv32": 900, "xcv": 85, "gmac": 70}
SINGLE_CYCLES = {"rv32": 230, "xcv": 60, "gmac": 36}
START_CYCLES = {"rv32": (22, 22), "gmac": (0, 62)}
"""Of sixteen accumulators that do not start at zero: those of outputs, those of rows (and outputs)."""
LONG_CYCLES = {"rv32": 0, "gmac": 48}
"""Of sixteen results that are not in the narrow form."""
WIDE_CYCLES = 64
"""Of those by a 64-bit product."""
RUN_CYCLES = 70
PACK_CYCLES = {"rv32": (100, 200), "xcv": (12, 24), "gmac": (20, 11)}
"""Of a word of each of four rows, of four rows of four columns."""
PACK_GROUP_CYCLES = 50
TILE_CYCLES = 550
LAYER_CYCLES = 900


READ_AHEAD = {"rv32": 0, "gmac": 8}
"""Bytes behind a tile's rows that are read."""


@dataclass(frozen=True)
class Product:
    """One product as product.h has it; strides in bytes."""

    heads: int
    rows: int
    outputs: int
    inner: int
    columns: bool
    x_head: int
    x_row: int
    b_offset: int
    b_head: int
    b_row: int
    x_offset: int
    y_head: int
    y_row: int
    zero_x: int
    zero_b: int

    @property
    def words(self) -> int:
        """Words of the reduction."""
        return align(self.inner, 4) // 4

    @property
    def groups(self) -> int:
        """Groups of four outputs."""
        return align(self.outputs, 4) // 4


class ProductKernel(Kernel[OpT]):
    """Four outputs by four rows; a head's second operand is packed into L1 once."""

    headers = ("product.h",)
    function = "nmcu_product_run"

    @abstractmethod
    def product(self, layer: Layer[OpT]) -> Product:
        """What `layer` computes."""

    def refusal(self, layer: Layer[OpT], machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer[OpT], machine: Machine) -> Sequence[Candidate]:
        product = self.product(layer)
        found = []
        for count in range(1, -(-product.rows // 4) + 1):
            tile_rows = min(align(-(-product.rows // count), 4), product.rows)
            if -(-product.rows // tile_rows) == count:
                candidate = self._candidate(layer, product, machine, tile_rows)
                if candidate.l1_bytes <= machine.l1_bytes:
                    found.append(candidate)
        return sorted(found, key=lambda c: (c.cycles, c.l1_bytes))

    def _candidate(self, layer: Layer[OpT], product: Product, machine: Machine, tile_rows: int) -> Candidate:
        row_tiles = -(-product.rows // tile_rows)
        tiles = product.heads * row_tiles
        b_rows, b_bytes = (
            (product.inner, product.outputs) if product.columns else (product.outputs, product.inner)
        )
        x_bytes = tile_rows * 4 * product.words + machine.isa.best(READ_AHEAD)
        sizes = {"x": x_bytes, "y": tile_rows * 4 * product.groups}
        l1 = {
            "layer": machine.staged_bytes(LAYER_BYTES),
            "packed": product.groups * (GROUP_HEADER_BYTES + 16 * product.words),
        }
        l1 |= {f"{key}{slot}": size for key, size in sizes.items() for slot in range(min(tiles, 2))}
        b_size = align(b_rows, 4) * align(b_bytes, 4)
        l1 |= {f"b{slot}": b_size for slot in range(min(product.heads, 2))}

        work = self._work_cycles(layer, product, machine, tile_rows)
        group = product.words * machine.isa.best(PACK_CYCLES)[product.columns] + PACK_GROUP_CYCLES
        pack = -(-product.groups // machine.cores) * group / row_tiles
        load = machine.dma_cycles(product.inner, tile_rows)
        load += machine.dma_cycles(b_bytes, b_rows) // row_tiles
        store = machine.dma_cycles(product.outputs, tile_rows)
        tile = machine.at_once(work + pack, load + store) + TILE_CYCLES
        cycles = LAYER_CYCLES + load + store + tiles * tile
        return Candidate(
            self.name,
            {"rows": tile_rows},
            l1,
            int(cycles),
            int(tiles * (work + pack)),
            int(tiles * (load + store)),
        )

    def _work_cycles(self, layer: Layer[OpT], product: Product, machine: Machine, rows: int) -> float:
        """Cycles of the busiest core for a tile of `rows` rows."""
        single = _single_rows(rows)
        share = -(-(-(-(rows - single) // 4) * product.groups) // machine.cores)
        singles = -(-single * product.groups // machine.cores)
        start = (
            machine.isa.best(START_CYCLES)[bool(product.zero_b)] if product.zero_x or product.zero_b else 0
        )
        wide: float = WIDE_CYCLES * requantize.wide_share(layer, 16)
        wide += machine.isa.best(LONG_CYCLES) * (requantize.form(layer) != "narrow")
        sums = 8 * product.words * bool(product.zero_b)
        return (
            share * (machine.isa.best(ITEM_CYCLES) + wide + start)
            + share * product.words * machine.isa.best(STEP_CYCLES)
            + singles * (machine.isa.best(SINGLE_CYCLES) + wide / 4)
            + singles * product.words * machine.isa.best(SINGLE_STEP_CYCLES)
            + (-(-share // product.groups) + (singles > 0)) * (RUN_CYCLES + sums)
        )

    def descriptor(self, layer: Layer[OpT], parameters: Mapping[str, int], at: Addresses) -> Struct:
        product = self.product(layer)
        multiplier, rounding, shift = (int(v) for v in requantize.factors(layer)[:, 0])
        return Struct(
            "nmcu_product_t",
            {
                "x": Expr(f"{at.inputs[0]} + {product.x_offset}"),
                "b": Expr(f"{at.inputs[1]} + {product.b_offset}"),
                "y": Expr(at.outputs[0]),
                "x_head": product.x_head,
                "x_row": product.x_row,
                "b_head": product.b_head,
                "b_row": product.b_row,
                "y_head": product.y_head,
                "y_row": product.y_row,
                "heads": product.heads,
                "rows": product.rows,
                "outputs": product.outputs,
                "inner": product.inner,
                "columns": int(product.columns),
                "tile_rows": parameters["rows"],
                "row_tiles": -(-product.rows // parameters["rows"]),
                "x_tile": pair(at, "x"),
                "b_tile": pair(at, "b"),
                "y_tile": pair(at, "y"),
                "packed": Expr(f"(uint8_t *)({at.l1['packed']})"),
                "zero_x": product.zero_x,
                "zero_b": product.zero_b,
                "multiplier": multiplier,
                "round": rounding,
                "shift": shift,
                "requant": requantize.descriptor(layer),
                "copy": Expr(at.l1["layer"]),
            },
        )

    def files(self) -> tuple[Path | Body, ...]:
        loops = (body(FOLDER, name, more=("gmac",)) for name in ("product_4x4", "product_pack"))
        common = KERNELS_DIR / "common" / "pipeline.c"
        return (common, FOLDER / "product.c", *loops, body(FOLDER, "product_sums"))


def _single_rows(rows: int) -> int:
    """Of a tile of `rows` rows, those that no block of four takes (product.c)."""
    if rows < 4:
        return rows
    return rows % 4 if rows % 4 < 3 else 0


class AttentionScores(ProductKernel[ops.AttentionScores]):
    name = "attention_scores"
    operators = (ops.AttentionScores,)

    def product(self, layer: Layer[ops.AttentionScores]) -> Product:
        """Rows are queries, outputs are keys: both reduce along the channels, no transposition."""
        op, (q, k) = layer.op, layer.inputs
        return Product(
            heads=op.heads,
            rows=q.shape[0],
            outputs=k.shape[0],
            inner=op.head_size,
            columns=False,
            x_offset=op.q_offset,
            x_head=op.head_size,
            x_row=q.shape[1],
            b_offset=op.k_offset,
            b_head=op.head_size,
            b_row=k.shape[1],
            y_head=q.shape[0] * k.shape[0],
            y_row=k.shape[0],
            zero_x=op.zero_point_q,
            zero_b=op.zero_point_k,
        )


class AttentionValues(ProductKernel[ops.AttentionValues]):
    name = "attention_values"
    operators = (ops.AttentionValues,)

    def product(self, layer: Layer[ops.AttentionValues]) -> Product:
        """Rows are queries, outputs the channels of a head: the values are transposed while they are packed."""
        op, (p, v) = layer.op, layer.inputs
        rows = p.shape[0] // op.heads
        return Product(
            heads=op.heads,
            rows=rows,
            outputs=op.head_size,
            inner=p.shape[1],
            columns=True,
            x_offset=0,
            x_head=rows * p.shape[1],
            x_row=p.shape[1],
            b_offset=op.v_offset,
            b_head=op.head_size,
            b_row=v.shape[1],
            y_head=op.head_size,
            y_row=op.heads * op.head_size,
            zero_x=op.zero_point_p,
            zero_b=op.zero_point_v,
        )


KERNELS = (AttentionScores(), AttentionValues())
