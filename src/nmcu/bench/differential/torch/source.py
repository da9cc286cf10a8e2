"""A random network as Python source: written, and made a module again."""

import operator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations, parametrize

BATCH = 4


class Standardised(nn.Module):
    """A parametrisation: each output channel of the weight has mean 0 and deviation 1/4 (Qiao et al., 2019)."""

    def forward(self, weight: Tensor) -> Tensor:
        """The standardised weight, (Cout, ...) as it was."""
        rows = weight.flatten(1)
        rows = (rows - rows.mean(1, keepdim=True)) / (rows.std(1, unbiased=False, keepdim=True) + 1e-3)
        return rows.reshape(weight.shape) / 4


def standardised(layer: nn.Module) -> nn.Module:
    """`layer` with its weight standardised."""
    parametrize.register_parametrization(layer, "weight", Standardised())
    return layer


def zeroed(layer: nn.Module) -> nn.Module:
    """`layer` with a weight of zeros, as heads and the last BatchNorm of a residual branch begin."""
    weight = layer.weight
    assert isinstance(weight, Tensor)
    nn.init.zeros_(weight)
    setattr(layer, "left", True)  # noqa: B010
    return layer


NAMES: dict[str, Any] = {
    "torch": torch,
    "nn": nn,
    "operator": operator,
    "functional": functional,
    "parametrizations": parametrizations,
    "standardised": standardised,
    "zeroed": zeroed,
}


@dataclass
class Source:
    """Modules as (name, expression), lines of `forward(self, x)`, and the names it returns.

    `pattern` is what to prune to, if anything; `finished`: the masks become plain zeros before quantisation;
    `exported`: as a file, too.
    """

    shape: tuple[int, ...]
    seed: int
    modules: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    pattern: str | None = None
    finished: bool = False
    exported: bool = False

    def sample(self) -> Tensor:
        """The batch of inputs that the network is drawn, calibrated and compared on."""
        generator = torch.Generator().manual_seed(self.seed)
        return torch.randn(BATCH, *self.shape, generator=generator) + 0.25

    def text(self) -> str:
        """Source that `read` takes."""
        made = [f"        self.{name} = {expression}" for name, expression in self.modules]
        lines = [f"        {line}" for line in self.lines]
        result = ", ".join(self.outputs)
        return "\n".join(
            (
                f"SHAPE, SEED = {self.shape}, {self.seed}",
                f"PATTERN, FINISHED, EXPORTED = {self.pattern!r}, {self.finished}, {self.exported}",
                *(
                    "",
                    "",
                    "class Network(nn.Module):",
                    "    def __init__(self):",
                    "        super().__init__()",
                    *made,
                ),
                *("", "    def forward(self, x):", *lines, f"        return {result}", ""),
            )
        )


def read(text: str) -> tuple[nn.Module, Source]:
    """The module that `text` describes, in evaluation mode and with numbers of its own, and how to treat it."""
    scope = dict(NAMES)
    exec(text, scope)
    source = Source(
        scope["SHAPE"],
        scope["SEED"],
        pattern=scope["PATTERN"],
        finished=scope["FINISHED"],
        exported=scope["EXPORTED"],
    )
    with torch.random.fork_rng():
        torch.manual_seed(source.seed)
        module = scope["Network"]().eval()
        _settle(module)
    return module, source


@torch.no_grad()
def _settle(network: nn.Module) -> None:
    """Give what begins with zeros and ones numbers as after training, so that a wrong fold shows."""
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.running_mean is not None:
            module.running_mean.normal_(0, 0.5)
            assert module.running_var is not None
            module.running_var.uniform_(0.3, 2)
        if isinstance(module, nn.modules.batchnorm._BatchNorm | nn.LayerNorm):
            for tensor, low in ((module.weight, 0.4), (module.bias, -0.5)):
                if tensor is not None and not hasattr(module, "left"):
                    tensor.uniform_(low, 1.5)
        if isinstance(module, nn.PReLU):
            module.weight.uniform_(-0.5, 1)
