"""What `check_kernel` notices beside wrong outputs: kernels that write into their inputs, and those that never end."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from nmcu.errors import SimulationFault
from nmcu.graph import Layer, TensorInfo, ops
from nmcu.kernels import Addresses, Candidate, Expr, Kernel, Machine, Struct
from nmcu.testing import check_kernel, one_layer, run

HEADER = """#pragma once
#include <stdint.h>
typedef struct { int8_t *input; int8_t *output; } copy_t;
void copy_run(const copy_t *layer);
"""
SOURCE = """#include "copy.h"
#include "nmcu_hal.h"
void copy_run(const copy_t *layer) {
  if (nmcu_core_id() == 0)
    for (int i = 0; i < 16; i++) {
      layer->output[i] = layer->input[i];
      EXTRA
    }
  nmcu_barrier();
}
"""
LAYER = one_layer(
    ops.Reshape(shape=(4, 4)), {}, [TensorInfo("x", (16,), scale=1.0, zero_point=0)], [TensorInfo("y", ())]
)


class CopyKernel(Kernel[ops.Reshape]):
    """Copies 16 bytes, and does `extra` for each."""

    name = "copy"
    operators = (ops.Reshape,)
    headers = ("copy.h",)
    function = "copy_run"

    def __init__(self, folder: Path, extra: str) -> None:
        self._source = folder / "copy.c"
        self._source.write_text(SOURCE.replace("EXTRA", extra))
        (folder / "copy.h").write_text(HEADER)

    def refusal(self, layer: Layer[ops.Reshape], machine: Machine) -> str | None:
        return None

    def candidates(self, layer: Layer[ops.Reshape], machine: Machine) -> Sequence[Candidate]:
        return [Candidate(self.name, {}, {}, 100, 100, 0)]

    def descriptor(self, layer: Layer[ops.Reshape], parameters: Mapping[str, int], at: Addresses) -> Struct:
        return Struct("copy_t", {"input": Expr(at.inputs[0]), "output": Expr(at.outputs[0])})

    def files(self) -> tuple[Path, ...]:
        return (self._source,)


def test_a_kernel_that_leaves_its_input_alone_passes(tmp_path: Path) -> None:
    assert check_kernel(CopyKernel(tmp_path, ""), LAYER, isa="rv32") > 0


@pytest.mark.parametrize("on", ["host", "simulator"])
def test_a_kernel_that_writes_into_its_input_fails(tmp_path: Path, on: str) -> None:
    """Its output is right; what reads the input after it would not be."""
    extra = f"if (i == 7) layer->input[3] ^= sizeof(void *) == {4 if on == 'simulator' else 8};"
    with pytest.raises(AssertionError, match="copy writes into its input x"):
        check_kernel(CopyKernel(tmp_path, extra), LAYER, isa="rv32")


def test_a_kernel_that_does_not_end_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SECONDS", 1)
    monkeypatch.setattr(run, "MAX_CYCLES", 100_000)
    forever = "for (volatile int stay = 1; stay && sizeof(void *) == {};) {{}}"
    with pytest.raises(AssertionError, match="copy: the kernel does not end; it was stopped after 1 s"):
        check_kernel(CopyKernel(tmp_path, forever.format(8)), LAYER, isa="rv32")
    with pytest.raises(SimulationFault, match="the limit of 100000 cycles was reached"):
        check_kernel(CopyKernel(tmp_path, forever.format(4)), LAYER, isa="rv32")
