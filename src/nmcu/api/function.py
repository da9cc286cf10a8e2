"""A layer as a C function, for programs and compilers that plan for themselves."""

from __future__ import annotations  # signatures in help() as they are written here

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nmcu import kernels
from nmcu.api.affine_layer import AffineLayer, Quantisation
from nmcu.api.model import TARGET
from nmcu.codegen import Program
from nmcu.codegen.function import LayerCall
from nmcu.errors import ModelError
from nmcu.graph import reference
from nmcu.isa import InstructionSet
from nmcu.kernels import Candidate, Machine
from nmcu.plan.choose import options
from nmcu.registry import Registry
from nmcu.report import write_folder
from nmcu.targets import Target
from nmcu.toolchain.library import library_of

WRITER = "nmcu.layer_function"


@dataclass(frozen=True, eq=False, repr=False)
class LayerFunction:
    """A layer as a C function: `prototype` is its declaration, `program` its C, with the packed constants."""

    form: AffineLayer
    call: LayerCall
    program: Program

    def __str__(self) -> str:
        machine = self.call.machine
        return (
            f"{self.prototype}\n"
            f"{self.kernel} for {machine.target.name} ({machine.isa}): {self.candidate.cycles:,} cycles predicted\n"
            f"workspace {self.workspace_bytes:,} bytes, packed constants {len(self.packed):,}"
        )

    @property
    def prototype(self) -> str:
        """The declaration in C."""
        return f"{self.call.prototype};"

    @property
    def kernel(self) -> str:
        """The kernel's name."""
        return self.call.kernel.name

    @property
    def candidate(self) -> Candidate:
        """The tiling, with its predicted cycles."""
        return self.call.candidate

    @property
    def workspace_bytes(self) -> int:
        """Memory that a call computes in, in bytes."""
        return self.call.workspace_bytes

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(1, height, width, channels), or (tokens, channels)."""
        return self.call.layer.inputs[0].shape

    @property
    def output_shape(self) -> tuple[int, ...]:
        """(1, height, width, channels), or (tokens, channels)."""
        return self.call.layer.outputs[0].shape

    @property
    def packed(self) -> bytes:
        """Weights, bias and requantisation as the function reads them: what `NAME_weights` holds."""
        return self.call.packed(self.call.layer)

    def pack(
        self,
        weight: ArrayLike,
        weight_scale: ArrayLike,
        bias: ArrayLike | None = None,
    ) -> bytes:
        """Other weights for the same function, in the form of its argument `packed`; arguments as those of
        `nmcu.layer_function`.

        Raises `ModelError` where these weights need another function: another shape, pattern or form of requantisation.
        """
        layer = self.form.of(weight, weight_scale, bias)
        if layer.inputs != self.call.layer.inputs or layer.outputs != self.call.layer.outputs:
            reason: str | None = "another shape"
        else:
            reason = kernels.fits(self.call.kernel, layer, self.call.machine)
        if reason is None and self.call.descriptor(layer) != self.call.descriptor(self.call.layer):
            reason = "another pattern or form of requantisation"
        if reason is None and len(packed := self.call.packed(layer)) == len(self.packed):
            return packed
        raise ModelError(
            f"layer {self.form.name!r}: these weights do not fit {self.call.name}, made for others "
            f"({reason or 'another number of non-zeros'}): make a function of them with nmcu.layer_function"
        )

    def reference(self, x: NDArray[np.int8]) -> NDArray[np.int8]:
        """What the function makes of `x`, int8 of `input_shape`, by the NumPy reference: int8 of `output_shape`.

        Raises `ModelError` for any other array.
        """
        if x.dtype != np.int8 or x.shape != self.input_shape:
            raise ModelError(
                f"layer {self.form.name!r}: x is {x.dtype} of shape {x.shape}; int8 of shape {self.input_shape} is "
                "needed"
            )
        (y,) = reference.run_layer(self.call.layer, [x])
        return np.asarray(y, np.int8)

    def files(self) -> dict[str, bytes]:
        """Header, C, assembly and packed weights by path: compile all `.c` and `.S` below `src`, include from `src`."""
        machine = self.call.machine
        return dict(library_of(self.program, machine.target, machine.isa).files)

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Writes `files` into a folder, all or nothing. Raises `NmcuError` where that is not possible, or where a file
        would be overwritten that nmcu did not write or that was changed since, unless `force`.
        """
        write_folder(Path(path), self.files(), WRITER, force=force)


def layer_function(
    name: str,
    weight: ArrayLike,
    weight_scale: ArrayLike,
    bias: ArrayLike | None = None,
    *,
    shape: Sequence[int],
    x: Quantisation,
    y: Quantisation,
    strides: tuple[int, int] = (1, 1),
    pads: tuple[int, int, int, int] = (0, 0, 0, 0),
    dilations: tuple[int, int] = (1, 1),
    groups: int = 1,
    lo: int = -128,
    hi: int = 127,
    target: str | Target = TARGET,
    isa: str | InstructionSet | None = None,
    kernel: str | None = None,
    most_workspace: int | None = None,
    registry: Registry | None = None,
) -> LayerFunction:
    """The C function `name` that runs one convolution or fully-connected layer, for a program or a compiler of one's
    own: no planner, no memory of its own.

    `weight` is int8 (Cout, KH, KW, Cin/groups) for a convolution, depthwise where `groups` is Cin and Cout, and
    (Cout, Cin) for a fully-connected layer; zeros in an N:M pattern make it sparse. `weight_scale` is one number or
    (Cout,), `bias` integers (Cout,) at scale `x scale * weight_scale[c]`. `shape` of the input is (height, width, Cin)
    or (tokens, Cin); `x` and `y` are scale and zero point of input and output. `pads` are top, left, bottom, right, of
    the input's zero point; `strides` and `dilations` vertical, then horizontal. Results are clamped to `lo` to `hi`.

    `target` and `isa` are as for `nmcu.compile`; the fastest kernel is taken, or the one called `kernel`, in a tiling
    whose buffers take at most `most_workspace` bytes. Raises a `NmcuError` that names the layer for what does not fit
    or is not supported.
    """
    known = registry or Registry.installed()
    chip = known.target(target)
    machine = Machine(chip, known.isa_for(chip, isa), buffer_bytes=most_workspace)
    own = known.on(machine).kernels
    form = AffineLayer(
        name=name,
        shape=tuple(shape),
        x=x,
        y=y,
        strides=strides,
        pads=pads,
        dilations=dilations,
        groups=groups,
        lo=lo,
        hi=hi,
    )
    layer = form.of(weight, weight_scale, bias)
    candidate = options(own, layer, machine, "*", kernel)[0]
    call = LayerCall(name, layer, own[candidate.kernel], candidate, machine)
    return LayerFunction(form, call, call.program())
