"""Memory that kernels need beside a layer's tensors, while it runs, and larger stacks."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from nmcu.graph import Layer, TensorInfo
from nmcu.kernels import Kernel, Machine
from nmcu.kernels.kernel import align
from nmcu.targets import Target


def with_scratch(layers: Sequence[Layer], kernels: Iterable[Kernel], machine: Machine) -> tuple[Layer, ...]:
    """The layers, each with what the kernel that needs most asks for: which one runs it is decided later."""
    known = tuple(kernels)
    taken = {tensor.name for layer in layers for tensor in layer.tensors}
    found = []
    for layer in layers:
        needs = (kernel.scratch_bytes(layer, machine) for kernel in known if kernel.runs(layer))
        if size := max(needs, default=0):
            name = f"scratch of {layer.name}"
            while name in taken:
                name += "'"
            taken.add(name)
            layer = replace(layer, scratch=(TensorInfo(name, (size,), "int8"),))
        found.append(layer)
    return tuple(found)


def with_stacks(target: Target, layers: Sequence[Layer], kernels: Iterable[Kernel]) -> Target:
    """`target` with stacks that do for every kernel that might run one of the layers."""
    known = tuple(kernels)
    needs = (kernel.stack_bytes(layer) for layer in layers for kernel in known if kernel.runs(layer))
    needed = align(max(needs, default=0))
    return target if needed <= target.stack_bytes else replace(target, stack_bytes=needed)
