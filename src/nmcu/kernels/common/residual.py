"""Python side of sum.h: parameters of a sum, and of one that a kernel adds to its results."""

from nmcu.graph import Layer, ops
from nmcu.kernels.cdata import Struct, Value
from nmcu.kernels.kernel import Kernel, Machine


def parameters(op: ops.Add) -> Struct:
    """The `nmcu_add_parameters_t` of a sum."""
    return Struct(
        "nmcu_add_parameters_t",
        {
            "multiplier_a": op.multiplier_a,
            "multiplier_b": op.multiplier_b,
            "round": op.rounding_constant,
            "shift": op.shift,
            "lo": op.lo,
            "hi": op.hi,
        },
    )


def member(layer: Layer) -> dict[str, Value]:
    """The member `add` of a descriptor, where the layer has a residual."""
    return {"add": parameters(layer.op.sum)} if isinstance(layer.op, ops.ConvAdd) else {}


def cycles(kernel: Kernel, layer: Layer, machine: Machine) -> float:
    """Cycles that a result of `layer` takes more because of a residual."""
    return machine.isa.best(kernel.residual_cycles) if isinstance(layer.op, ops.ConvAdd) else 0
