"""What bounds a layer: where its time went, from measured stalls and the planner's predictions."""

from collections.abc import Mapping

from nmcu.kernels import Machine
from nmcu.plan import PlannedLayer
from nmcu.report.work import work_cycles

COMPUTE = "compute"
REQUANTISATION = "requantisation"
CONFLICTS = "bank conflicts"
ACCESS = "memory access"
WEIGHTS = "weights"
ACTIVATIONS = "activations"
STREAMING = "streaming"
BARRIERS = "barriers"

BOUNDS = {
    COMPUTE: "the cores' instructions and pipeline stalls, without requantisation",
    REQUANTISATION: "from accumulators to int8; the planner's estimate",
    CONFLICTS: "cores and DMA that want the same memory bank",
    ACCESS: "cores that read or write memory outside L1, such as descriptors",
    WEIGHTS: "waiting for transfers into L1 in a layer with more weights than activations",
    ACTIVATIONS: "waiting for transfers to and from L1 in a layer with more activations than weights",
    STREAMING: "waiting for weights from L3",
    BARRIERS: "cores that wait for each other: work that does not divide evenly, start and end of the layer",
}
"""What a layer's cycles can go to, and what it means."""

_REQUANTISATION_UNITS = ("item", "wide")
"""Units of the cost model that are the requantisation of one block of outputs (`kernels.costs`)."""


def spent(
    planned: PlannedLayer,
    machine: Machine,
    cycles: int,
    stalls: Mapping[str, int],
    transfer_wait_cycles: int,
) -> dict[str, int]:
    """The layer's `cycles` by what they went to (`BOUNDS`), most first; the largest is what bounds it.

    `stalls` are averages over the cores. Cores that wait at a barrier because another one waits for a transfer count
    as waiting for the transfer: `transfer_wait_cycles` is how long the core that waited longest did.
    """
    if not cycles:
        return {}
    idle = sum(stalls.get(cause, 0) for cause in ("dma_wait", "barrier_wait", "event_wait"))
    transfers = min(transfer_wait_cycles, idle, cycles)
    found = {
        CONFLICTS: stalls.get("tcdm_conflict", 0),
        ACCESS: stalls.get("l2_access", 0),
        _transfers(planned, transfers): transfers,
        BARRIERS: idle - transfers,
    }
    work = max(0, cycles - sum(found.values()))
    found[REQUANTISATION] = min(_requantisation_cycles(planned, machine), work)
    found[COMPUTE] = work - found[REQUANTISATION]
    return dict(sorted(((what, n) for what, n in found.items() if n), key=lambda part: -part[1]))


def _transfers(planned: PlannedLayer, wait_cycles: int) -> str:
    """What a layer that waits for transfers waits for: L3 where that was predicted, else what it moves most of."""
    if 2 * planned.wait_cycles > wait_cycles:
        return STREAMING
    layer = planned.layer
    activations = sum(tensor.bytes for tensor in (*layer.inputs, *layer.outputs))
    return WEIGHTS if planned.constant_bytes > activations else ACTIVATIONS


def _requantisation_cycles(planned: PlannedLayer, machine: Machine) -> int:
    """The part of the predicted work that is requantisation: the prediction without its units taken away."""
    without = work_cycles(planned, machine, lambda unit: unit not in _REQUANTISATION_UNITS)
    return 0 if without is None else planned.compute_cycles - without
