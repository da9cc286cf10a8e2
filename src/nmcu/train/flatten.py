"""Which linear layers see a flattened map: the device holds maps channels last, PyTorch channels first."""

import math
from collections.abc import Mapping

from torch import fx, nn
from torch.fx.passes.shape_prop import TensorMetadata

from nmcu.errors import NmcuError
from nmcu.train.folding import module_of
from nmcu.train.rules import Rules
from nmcu.train.trace import Kept

_TURNS = ("transpose", "permute")
"""Operations behind which the channels no longer come first; `Rules.moves` has them by several names."""


def flattened(graph: fx.GraphModule, rules: Rules) -> dict[str, int]:
    """The channels of the (channels, *size) map that is flattened before a linear layer, by the layer's name."""
    found = {}
    for node in graph.graph.nodes:
        if isinstance(module_of(graph, node), nn.Linear):
            channels = _channels(graph, node.all_input_nodes[0], rules)
            if channels is not None:
                found[str(node.target)] = channels
    return found


def check_flattened(found: Mapping[str, int], kept: Kept) -> None:
    """Refuse a pruned linear layer behind a Flatten whose blocks do not run in the device's order."""
    for name, channels in found.items():
        if name in kept and kept[name][2] != channels:
            raise NmcuError(
                f"layer {name!r} follows a Flatten of a map with {channels} channels: call sparsify with "
                f"channels={{{name!r}: {channels}}}, so that its blocks run with the channels fastest, as on the device"
            )


def _channels(graph: fx.GraphModule, flat: fx.Node, rules: Rules) -> int | None:
    """The channels of the map that became the rows of `flat`; None where they are no map, or lie channels last."""
    size, rank, channels = flat.meta["tensor_meta"].shape, 0, None
    source: fx.Node | None = flat
    while source is not None and len(size) == 2:
        layer = module_of(graph, source)
        if isinstance(layer, nn.Linear) or _turns(source):
            break
        meta = source.meta.get("tensor_meta")
        shape = meta.shape if isinstance(meta, TensorMetadata) else ()
        if len(shape) not in (0, rank):  # of the map as it was last, after slices of its channels
            rank, channels = (
                len(shape),
                shape[1] if len(shape) > 2 and math.prod(shape[1:]) == size[1] else None,
            )
        if isinstance(layer, rules.layers) or (source.op == "placeholder" and rank == 4):
            return None if channels == size[1] else channels
        source = next(iter(source.all_input_nodes), None)
    return None


def _turns(node: fx.Node) -> bool:
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    return node.op in ("call_function", "call_method") and name in _TURNS
