"""Kernels equal the reference, in several tilings."""

from collections.abc import Iterator, Sequence

import numpy as np

from nmcu import kernels
from nmcu.graph import Layer, reference
from nmcu.isa import PORTABLE, InstructionSet
from nmcu.kernels import Candidate, Kernel, Machine
from nmcu.registry import Registry
from nmcu.targets import Target
from nmcu.testing.layer import Array, random_inputs
from nmcu.testing.run import on_host, on_simulator


def check_kernel(
    kernel: Kernel,
    layer: Layer,
    *,
    isa: str | InstructionSet | None = None,
    target: str | Target = "cluster8",
    registry: Registry | None = None,
    most: int = 3,
    seed: int = 0,
) -> int:
    """`kernel` runs `layer` in up to `most` of its tilings on the simulated `target`, and with its portable bodies (if
    it has any) on this machine under sanitizers; all outputs equal the reference.

    Inputs are random from `seed`. Returns the fewest cycles. Raises `AssertionError` where the kernel refuses the
    layer, has no tiling that fits, or gives another result.
    """
    registry = registry or Registry.installed()
    chip = registry.target(target)
    machine = Machine(chip, registry.isa_for(chip, isa))
    if _is_portable(kernel):
        _check_host(kernel, layer, Machine(machine.target, PORTABLE), most, seed)
    return _check_simulated(kernel, layer, machine, most, seed)


def check_host(
    layer: Layer,
    names: str = "*",
    *,
    target: str | Target = "cluster8",
    registry: Registry | None = None,
    most: int = 2,
    seed: int = 0,
) -> None:
    """Every kernel whose name matches the glob `names` and that runs `layer` equals the reference on this machine, in
    tilings for `target`."""
    registry = registry or Registry.installed()
    machine = Machine(registry.target(target), PORTABLE)
    for kernel in _running(registry, layer, machine, names):
        _check_host(kernel, layer, machine, most, seed)


def check_simulated(
    layer: Layer,
    isa: str | InstructionSet | None = None,
    names: str = "*",
    *,
    target: str | Target = "cluster8",
    registry: Registry | None = None,
    most: int = 3,
    seed: int = 0,
) -> dict[str, int]:
    """Every kernel whose name matches the glob `names` and that runs `layer` equals the reference on the simulator;
    fewest cycles by kernel."""
    registry = registry or Registry.installed()
    chip = registry.target(target)
    machine = Machine(chip, registry.isa_for(chip, isa))
    return {
        kernel.name: _check_simulated(kernel, layer, machine, most, seed)
        for kernel in _running(registry, layer, machine, names)
    }


def tilings(kernel: Kernel, layer: Layer, machine: Machine, most: int = 4) -> Sequence[Candidate]:
    """Up to `most` of the kernel's candidates for `layer`: the best predicted, and some of the others.

    Raises `AssertionError` where the kernel does not run the layer or no tiling fits.
    """
    reason = kernels.fits(kernel, layer, machine)
    assert reason is None, f"{kernel.name} refuses {layer.kind}: {reason}"
    every = list(kernel.candidates(layer, machine))
    shapes = [tensor.shape for tensor in layer.inputs]
    assert every, f"{kernel.name} has no tiling for {layer.kind} of {shapes} that fits {machine.target.name}"
    return every[:: max(1, -(-len(every) // most))]


def _running(registry: Registry, layer: Layer, machine: Machine, names: str) -> Iterator[Kernel]:
    found = [k for k in registry.kernels.values() if kernels.fits(k, layer, machine, names) is None]
    assert found, f"no kernel matching {names!r} runs {layer.kind}"
    yield from found


def _check_host(kernel: Kernel, layer: Layer, machine: Machine, most: int, seed: int) -> None:
    inputs = random_inputs(layer, seed)
    for candidate in tilings(kernel, layer, machine, most):
        _equal(kernel, candidate, layer, inputs, on_host(layer, kernel, candidate, inputs, machine))


def _check_simulated(kernel: Kernel, layer: Layer, machine: Machine, most: int, seed: int) -> int:
    inputs, cycles = random_inputs(layer, seed), []
    for candidate in tilings(kernel, layer, machine, most):
        actual, taken = on_simulator(layer, kernel, candidate, inputs, machine)
        _equal(kernel, candidate, layer, inputs, actual)
        cycles.append(taken)
    return min(cycles)


def _equal(
    kernel: Kernel, candidate: Candidate, layer: Layer, inputs: Sequence[Array], actual: Sequence[Array]
) -> None:
    expected = reference.run_layer(layer, inputs)
    for want, got in zip(expected, actual, strict=True):
        what = f"{kernel.name} {dict(candidate.parameters)}"
        np.testing.assert_array_equal(got, want, err_msg=what)
        assert got.tobytes() == want.tobytes(), f"{what}: zeros of another sign, or another NaN"


def _is_portable(kernel: Kernel) -> bool:
    if kernel.requires:
        return False
    try:
        kernel.library(PORTABLE)
    except KeyError:
        return False
    return True
