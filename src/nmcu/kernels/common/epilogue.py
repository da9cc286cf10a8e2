"""What a kernel does with its results before it stores them: it adds a tensor (sum.h), or looks them up in a table."""

from collections.abc import Mapping

from nmcu.graph import Layer, ops
from nmcu.kernels.cdata import Struct, Value
from nmcu.kernels.kernel import CONSTANTS, Kernel, Machine
from nmcu.kernels.packed import Packed

TABLE = "table"
"""The constant of a table's 256 results, and the buffer for its copy."""
TABLE_BYTES = 256


def refusal(kernel: Kernel, layer: Layer) -> str | None:
    """Why `kernel` cannot do what comes behind the results of `layer`."""
    if isinstance(layer.op, ops.ConvAdd) and not kernel.residual_cycles:
        return "a sum of the result and a tensor"
    if isinstance(layer.op, ops.LookedUp) and not kernel.table_cycles:
        return "a table of the result"
    return None


def cycles(kernel: Kernel, layer: Layer, machine: Machine) -> float:
    """Cycles that a result of `layer` takes more because of what comes behind it."""
    if isinstance(layer.op, ops.ConvAdd):
        return machine.isa.best(kernel.residual_cycles)
    return machine.isa.best(kernel.table_cycles) if isinstance(layer.op, ops.LookedUp) else 0


def function(name: str, layer: Layer) -> str:
    """The block function of `layer` in C: the one called `name`, or that which looks its results up."""
    return f"nmcu_{name}_table" if isinstance(layer.op, ops.LookedUp) else f"nmcu_{name}"


def sum_member(layer: Layer) -> dict[str, Value]:
    """The member `add` of a descriptor, where the layer has a residual."""
    return {"add": sum_parameters(layer.op.sum)} if isinstance(layer.op, ops.ConvAdd) else {}


def sum_parameters(op: ops.Add) -> Struct:
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


def packed_table(layer: Layer) -> Mapping[str, Packed]:
    """The constant `TABLE`, where results are looked up."""
    return {TABLE: Packed(layer.constants[TABLE].tobytes())} if isinstance(layer.op, ops.LookedUp) else {}


def table_buffer(layer: Layer, machine: Machine) -> dict[str, int]:
    """The buffer for the table's copy."""
    if not isinstance(layer.op, ops.LookedUp):
        return {}
    return {TABLE: machine.staged_bytes(TABLE_BYTES, CONSTANTS)}
