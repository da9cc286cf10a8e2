"""N:M masks on PyTorch weights, kept by a parametrisation of the layer's `weight`.

PyTorch stores (Cout, Cin, KH, KW); blocks run along Cin inside one tap, so the axis moves to the end first.
`compute` follows `nmcu.sparsity.mask` and is tested equal to it; it exists because masks are recomputed during
training, on the device of the weights.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize

from nmcu.sparsity import NMPattern
from nmcu.train.fakequant import WeightQuant

PRUNABLE = (nn.Conv1d, nn.Conv2d, nn.Linear)


def to_blocks(weight: Tensor, pattern: NMPattern, channels: int | None = None) -> Tensor:
    """`weight` (Cout, Cin, ...) as (groups, group, taps, blocks, M), zero-padded as `nmcu.sparsity` pads.

    `channels` splits the inputs of a linear layer that follows a Flatten of (channels, H, W) maps: its blocks
    run along H, W, channels, the channels fastest.
    """
    rows = reduction_last(weight, channels)
    rows = functional.pad(rows, (0, -rows.shape[2] % pattern.m, 0, 0, 0, -rows.shape[0] % pattern.group))
    return rows.reshape(-1, pattern.group, rows.shape[1], rows.shape[2] // pattern.m, pattern.m)


def compute(weight: Tensor, pattern: NMPattern, channels: int | None = None) -> Tensor:
    """Boolean mask like `weight`: the N largest joint magnitudes of each block, ties to the earlier position."""
    view = to_blocks(weight.detach().abs().double(), pattern, channels)
    joint = view.sum(dim=1, keepdim=True)
    if pattern.n == 1:
        kept = joint.argmax(dim=-1, keepdim=True)
    else:
        kept = joint.argsort(dim=-1, descending=True, stable=True)[..., : pattern.n]
    keep = torch.zeros_like(joint, dtype=torch.bool).scatter_(-1, kept, True)
    return _from_blocks(keep.expand_as(view), weight.shape, channels)


def first_violation(
    weight: Tensor, pattern: NMPattern, channels: int | None = None
) -> tuple[int, int, int] | None:
    """(first output channel, tap, block) of the first block that breaks `pattern`, or None."""
    used = (to_blocks(weight.detach() != 0, pattern, channels) != 0).any(dim=1).sum(dim=-1)
    broken = (used > pattern.n).nonzero()
    if len(broken) == 0:
        return None
    group, tap, block = (int(v) for v in broken[0])
    return group * pattern.group, tap, block


class NMMask(nn.Module):
    """Parametrisation `weight * mask` with the straight-through gradient of SR-STE.

    The gradient reaches every dense weight; pruned ones are also pulled to zero by `decay * weight`
    (Zhou et al., Learning N:M fine-grained structured sparse neural networks from scratch, ICLR 2021, eq. 9).
    A frozen mask passes the gradient of the kept weights only.
    """

    mask: Tensor

    def __init__(
        self, weight: Tensor, pattern: NMPattern | None, *, decay: float = 2e-4, channels: int | None = None
    ) -> None:
        super().__init__()
        self.pattern = pattern
        self.decay = decay
        self.channels = channels
        self.frozen = False
        self.fade = 0.0
        """What pruned weights are multiplied by while they fade out (`sparsify(fade=...)`), 1 to 0."""
        self.register_buffer("mask", torch.ones_like(weight, dtype=torch.bool))
        self.update(weight)

    def update(self, weight: Tensor) -> None:
        """Recompute the mask from the dense `weight`; nothing happens to a frozen one."""
        if self.frozen:
            return
        if self.pattern is None:
            self.mask.fill_(True)
        else:
            self.mask.copy_(compute(weight, self.pattern, self.channels))

    def forward(self, weight: Tensor) -> Tensor:
        if self.frozen:
            return weight * self.mask
        kept = torch.where(self.mask, 1.0, self.fade) if self.fade else self.mask
        return cast(Tensor, _StraightThrough.apply(weight, self.mask, kept, self.decay))  # type: ignore[no-untyped-call]

    def get_extra_state(self) -> dict[str, Any]:
        """Pattern and freeze flag, so that a checkpoint carries them."""
        return {"pattern": str(self.pattern) if self.pattern else "dense", "frozen": self.frozen}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take pattern and freeze flag from a checkpoint."""
        self.pattern = None if state["pattern"] == "dense" else NMPattern.parse(state["pattern"])
        self.frozen = bool(state["frozen"])


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weight: Tensor, mask: Tensor, kept: Tensor, decay: float) -> Tensor:
        ctx.save_for_backward(weight, mask)
        ctx.decay = decay
        return weight * kept

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        weight, mask = ctx.saved_tensors
        return grads[0] + ctx.decay * weight * ~mask, None, None, None


def of(module: nn.Module) -> NMMask | None:
    """The mask that parametrises `module.weight`, if there is one."""
    if not parametrize.is_parametrized(module, "weight"):
        return None
    chain = cast(nn.ModuleDict, module.parametrizations)["weight"]
    return next((p for p in cast(nn.ModuleList, chain) if isinstance(p, NMMask)), None)


def dense_weight(module: nn.Module) -> Tensor:
    """The weight that the mask of `module` is given: what the parametrisations before it make of what is trained.

    Without a mask it is the one that int8 quantisation is given, or `module.weight` where nothing parametrises it.
    """
    if not parametrize.is_parametrized(module, "weight"):
        return cast(Tensor, module.weight)
    chain = cast(nn.ModuleDict, module.parametrizations)["weight"]
    steps = list(cast(nn.ModuleList, chain))
    ours = next((i for i, step in enumerate(steps) if isinstance(step, NMMask | WeightQuant)), len(steps))
    names = ["original"] if chain.is_tensor else [f"original{i}" for i in range(cast(int, chain.ntensors))]
    if ours == 0:
        return cast(Tensor, chain.original)
    weight = cast(Tensor, steps[0](*(getattr(chain, name) for name in names)))
    for step in steps[1:ours]:
        weight = step(weight)
    return weight


def is_first(module: nn.Module) -> bool:
    """Whether nothing parametrises the weight of `module` before its mask."""
    chain = cast(nn.ModuleDict, module.parametrizations)["weight"]
    return isinstance(cast(nn.ModuleList, chain)[0], NMMask)


def reduction_last(weight: Tensor, channels: int | None) -> Tensor:
    """`weight` (Cout, Cin, ...) as (Cout, taps, Cin), in the device's order; `channels` as in `to_blocks`."""
    cout = weight.shape[0]
    if channels is not None:
        return weight.reshape(cout, channels, -1).transpose(1, 2).reshape(cout, 1, -1)
    return weight.reshape(cout, weight.shape[1], -1).transpose(1, 2)


def reduction_back(rows: Tensor, shape: torch.Size, channels: int | None) -> Tensor:
    """The inverse of `reduction_last`: (Cout, taps, Cin) as a weight of `shape`."""
    if channels is None:
        return rows.transpose(1, 2).reshape(shape)
    return rows.reshape(shape[0], -1, channels).transpose(1, 2).reshape(shape)


def _from_blocks(blocks: Tensor, shape: torch.Size, channels: int | None) -> Tensor:
    rows = blocks.reshape(blocks.shape[0] * blocks.shape[1], blocks.shape[2], -1)
    return reduction_back(rows[: shape[0], :, : shape[1]], shape, channels)
