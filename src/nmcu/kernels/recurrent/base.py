"""What recurrent kernels share (recurrent.h): tiles of rows of the gates, steps, buffers, and how long they take."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer
from nmcu.graph.recurrent import HALVES
from nmcu.kernels.body import Body
from nmcu.kernels.cdata import Expr, Struct, Value
from nmcu.kernels.common.layer import LAYER_BYTES, copied_constants
from nmcu.kernels.common.window import pair
from nmcu.kernels.kernel import KERNELS_DIR, Addresses, Candidate, Kernel, Machine, OpT
from nmcu.kernels.packed import Packed
from nmcu.kernels.recurrent import matrix
from nmcu.kernels.recurrent.matrix import Encoding, Matrix

FOLDER = Path(__file__).parent
Rows = NDArray[np.integer[Any]]
BEHIND = 16
"""Bytes after a vector that a body may read."""
LAYER_CYCLES = {"rv32": 0.0, "xcv": 380.0}
STEP_CYCLES = {"rv32": 400.0, "xcv": 20.0}
"""Of one row of the sequence where several cores share its work; one core alone takes next to none."""
CONTENTION = 1.2
"""By what factor transfers take longer while the cores compute."""
TILE_CYCLES = 150
"""Of each further tile of a step."""


class Recurrent(Kernel[OpT]):
    """Products of the input's row and of the hidden state with the gates' weights, then a step.

    Matrices whose zeros allow it are packed as `encoding`, the others dense.
    """

    headers = ("recurrent.h",)
    function = "nmcu_recurrent_run"
    encoding: ClassVar[Encoding] = "dense"
    apart: ClassVar[bool] = False
    """The hidden state's rows are kept apart from the input's."""
    hidden: ClassVar[int | None] = 1
    """Which input is the hidden state; the output of the same number is its next value."""
    state: ClassVar[int | None] = None
    """Which input is an int16 state of the step's own."""

    @abstractmethod
    def step_cycles(self, layer: Layer[OpT], machine: Machine) -> float:
        """Predicted of a step beside the products."""

    @abstractmethod
    def step(self, layer: Layer[OpT]) -> Mapping[str, Value]:
        """Members of the descriptor that the step alone reads, and its name."""

    def more(self, layer: Layer[OpT]) -> bytes:
        """More constants that the step reads."""
        del layer
        return b""

    def reverse(self, layer: Layer[OpT]) -> bool:
        """Whether the sequence is walked from its end."""
        del layer
        return False

    def inner(self, layer: Layer[OpT]) -> Matrix | None:
        """A matrix that the step multiplies with."""
        del layer
        return None

    def refusal(self, layer: Layer[OpT], machine: Machine) -> str | None:
        reasons = [matrix.refusal(m.weight, self.encoding) for m in self.matrices(layer).values()]
        return reasons[0] if all(reasons) else None

    @lru_cache(maxsize=16)  # noqa: B019
    def matrices(self, layer: Layer[OpT]) -> Mapping[str, Matrix]:
        """Those of the input and of the hidden state, and `inner`."""
        inner = self.inner(layer)
        return self.halves(layer) if inner is None else {**self.halves(layer), "inner": inner}

    def halves(self, layer: Layer[OpT]) -> Mapping[str, Matrix]:
        """The matrices of the input and of the hidden state."""
        return {
            half: self.matrix(
                layer.constants[f"{half}_weight"],
                layer.constants[f"{half}_bias"],
                layer.constants[f"{half}_multiplier"],
                layer.constants[f"{half}_exponent"],
            )
            for half in HALVES
            if f"{half}_weight" in layer.constants
        }

    def matrix(self, weight: NDArray[np.int8], bias: Rows, multiplier: Rows, exponent: Rows) -> Matrix:
        """A matrix in this kernel's encoding, or dense where its weights are."""
        suits = matrix.refusal(weight, self.encoding) is None
        return Matrix(weight, bias, multiplier, exponent, self.encoding if suits else matrix.DENSE)

    def candidates(self, layer: Layer[OpT], machine: Machine) -> Sequence[Candidate]:
        found = self._tilings(layer, machine, machine.slow_constants)
        if machine.slow_constants:
            found += self._tilings(layer, machine, False)
        return sorted(found, key=lambda c: (c.cycles, c.l1_bytes))

    def _tilings(self, layer: Layer[OpT], machine: Machine, copied: bool) -> list[Candidate]:
        """The candidates whose matrices are `copied` from a slow memory or not."""
        quads = self.matrices(layer)["input"].quads
        found: list[Candidate] = []
        for tiles in (1, *range(2, quads + 1)) if machine.staged or copied else (1,):
            tile_quads = -(-quads // tiles)
            if -(-quads // tile_quads) != tiles:
                continue
            candidate = self._candidate(layer, machine, tile_quads, copied)
            if candidate.l1_bytes <= machine.l1_bytes:
                found.append(candidate)
            if len(found) == 4:
                break
        return found

    def _candidate(self, layer: Layer[OpT], machine: Machine, tile_quads: int, copied: bool) -> Candidate:
        matrices, x, y = self.matrices(layer), layer.inputs[0], layer.outputs[0]
        steps, columns = x.shape
        quads = matrices["input"].quads
        tiles, slots = -(-quads // tile_quads), min(2, -(-quads // tile_quads))
        halves = {half: matrices[half] for half in HALVES if half in matrices}
        l1 = {
            "layer": machine.staged_bytes(LAYER_BYTES),
            "x0": columns + BEHIND,
            "x1": columns + BEHIND,
            "hidden0": y.shape[-1] + BEHIND,
            "hidden1": y.shape[-1] + BEHIND,
            "gates": 2 * 4 * quads * (2 if self.apart else 1),
        }
        if self.kept(layer):
            l1["state"] = self.kept(layer)
        for name, half in halves.items():
            size = tile_quads * half.quad_bytes
            l1 |= {f"{name}{slot}": size if copied else machine.staged_bytes(size) for slot in range(slots)}
        if "inner" in matrices:
            inner = matrices["inner"]
            l1["inner0"] = machine.staged_bytes(inner.quads * inner.quad_bytes)
            l1 |= {"scratch": inner.weight.shape[1] + BEHIND, "result": 2 * 4 * inner.quads}
        if self.more(layer):
            l1["constants"] = machine.staged_bytes(len(self.more(layer)))
        work = sum(half.cycles(machine, tile_quads) for half in halves.values())
        loads = sum(
            machine.constants_cycles(tile_quads * half.quad_bytes, copied) for half in halves.values()
        )
        cells = self.step_cycles(layer, machine) + (machine.isa.best(STEP_CYCLES) if machine.cores > 1 else 0)
        if "inner" in matrices:
            cells += matrices["inner"].cycles(machine, matrices["inner"].quads)
        each = machine.at_once(work, CONTENTION * loads) if tiles > 1 else work
        total = (
            steps * (tiles * each + (tiles - 1) * TILE_CYCLES + cells)
            + machine.isa.best(LAYER_CYCLES)
            + loads
        )
        moved = loads * (tiles * steps if tiles > 1 else 1)
        return Candidate(
            self.name,
            {"quads": tile_quads} | ({"copied": 1} if copied else {}),
            l1,
            int(total),
            int(steps * (tiles * work + cells)),
            int(moved),
        )

    def cells(self, layer: Layer[Any]) -> int:
        """Elements of the step's own state, of the result's row where there is none."""
        return int(layer.outputs[0].shape[-1] if self.state is None else layer.inputs[self.state].size)

    def kept(self, layer: Layer[OpT]) -> int:
        """Bytes in L1 that the step keeps from row to row."""
        return 0 if self.state is None else layer.inputs[self.state].bytes

    def pack(self, layer: Layer[OpT]) -> Mapping[str, Packed]:
        """The matrices' records, and more of the step's constants."""
        found = {name: part.pack() for name, part in self.matrices(layer).items()}
        more = self.more(layer)
        return {**found, "constants": Packed(more)} if more else found

    def descriptor(self, layer: Layer[OpT], parameters: Mapping[str, int], at: Addresses) -> Struct:
        matrices, x, y = self.matrices(layer), layer.inputs[0], layer.outputs[0]
        quads, tile_quads = matrices["input"].quads, parameters["quads"]
        members: dict[str, Value] = {"x": Expr(at.inputs[0]), "y": Expr(at.outputs[0])}
        if self.hidden is not None:
            members |= {"hidden": Expr(at.inputs[self.hidden]), "hidden_after": Expr(at.outputs[self.hidden])}
        if self.state is not None:
            members |= {
                "cell": Expr(f"(const int16_t *)(const void *)({at.inputs[self.state]})"),
                "cell_after": Expr(f"(int16_t *)(void *)({at.outputs[self.state]})"),
            }
        if self.kept(layer):
            members["state"] = Expr(f"(int16_t *)(void *)({at.l1['state']})")
        for name, part in matrices.items():
            members[name] = part.descriptor(name, at, (f"{name}0", f"{name}1"))
        members |= {
            "steps": x.shape[0],
            "inputs": x.shape[-1],
            "outputs": y.shape[-1],
            "cells": self.cells(layer),
            "quads": quads,
            "tile_quads": tile_quads,
            "tiles": -(-quads // tile_quads),
            "inner_quads": matrices["inner"].quads if "inner" in matrices else 0,
            "reverse": int(self.reverse(layer)),
            "apart": int(self.apart),
            "x_tile": pair(at, "x"),
            "hidden_tile": pair(at, "hidden"),
            "gates": Expr(f"(int16_t *)(void *)({at.l1['gates']})"),
            "copy": Expr(at.l1["layer"]),
        }
        if "inner" in matrices:
            members |= {
                "scratch": Expr(at.l1["scratch"]),
                "result": Expr(f"(int16_t *)(void *)({at.l1['result']})"),
            }
        if "constants" in at.constants:
            members |= copied_constants(at, "constants", len(self.more(layer)))
        return Struct("nmcu_recurrent_t", {**members, **self.step(layer)})

    def files(self) -> tuple[Path | Body, ...]:
        bodies: tuple[Encoding, ...] = tuple(dict.fromkeys((matrix.DENSE, self.encoding)))
        own: tuple[Path | Body, ...] = (FOLDER / "recurrent.c", *map(matrix.body_of, bodies))
        return (KERNELS_DIR / "common" / "pipeline.c", *own)


def rescale(multiplier: int, exponent: int) -> Struct:
    """The `nmcu_rescale_t` of `fixed_point.rescale`."""
    return Struct("nmcu_rescale_t", {"multiplier": 2 * multiplier, "shift": -exponent})
