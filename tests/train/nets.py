"""Tiny models for the tests of the training room: imported only where torch is installed."""

import torch
from torch import Tensor, nn


class Residual(nn.Module):
    """A stem, one residual block with a ReLU6, pooling and a classifier; (N, 3, 8, 8) in."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU6()
        )
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.bn = nn.BatchNorm2d(width)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(width, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = torch.relu(self.bn(self.conv(x)) + x)
        return self.fc(self.pool(x).flatten(1))


class Tokens(nn.Module):
    """One attention head, layer norm and an MLP over 4 tokens; (N, 4, 16) in."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(16)
        self.q, self.k, self.v = (nn.Linear(16, 16) for _ in range(3))
        self.fc1 = nn.Linear(16, 32)
        self.fc2 = nn.Linear(32, 16)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(x)
        weights = (self.q(y) * 0.25 @ self.k(y).transpose(1, 2)).softmax(-1)
        x = x + weights @ self.v(y)
        return x + self.fc2(nn.functional.gelu(self.fc1(x)))


class Flattened(nn.Module):
    """A convolution, then a linear layer on its flattened 4x4 map of 8 channels; (N, 3, 4, 4) in."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.fc = nn.Linear(128, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(torch.relu(self.conv(x)).flatten(1))


def settle(model: nn.Module, shape: tuple[int, ...]) -> nn.Module:
    """Give BatchNorm some statistics, so that folding has something to fold."""
    model.train()
    with torch.no_grad():
        for _ in range(3):
            model(2 * torch.randn(8, *shape) + 0.5)
    return model.eval()


class Recurrent(nn.Module):
    """A recurrence over (N, steps, 6) with the steps turned first, which the results, (steps, N, 8), keep."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps
        self.given = nn.Linear(6, 8)
        self.own = nn.Linear(8, 8, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        steps = self.given(x.transpose(0, 1))
        hidden = torch.tanh(steps[0])
        states = [hidden]
        for step in range(1, self.steps):
            hidden = torch.tanh(steps[step] + self.own(hidden))
            states.append(hidden)
        return torch.cat([state.unsqueeze(0) for state in states], 0)
