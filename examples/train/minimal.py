"""Prune a model of your own to 1:8x4, train it, make it int8 and export it: then `nmcu run mine.onnx`."""

import torch
from torch import nn

from nmcu import train

images = torch.randn(512, 3, 16, 16)  # your data here
labels = (images.mean((1, 2, 3)) > 0).long()
model = nn.Sequential(
    *(nn.Conv2d(3, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU()),
    *(nn.Conv2d(32, 64, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU()),
    *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 2)),
)


def fit(net: nn.Module, epochs: int, lr: float, after_step=lambda: None) -> None:
    optimizer = torch.optim.SGD(net.parameters(), lr, momentum=0.9)
    for _ in range(epochs):
        for x, y in zip(images.split(64), labels.split(64), strict=True):
            loss = nn.functional.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            after_step()
    print(f"loss {loss.item():.3f}")


sparsifier = train.sparsify(model, "1:8x4", skip=["8"])  # dense: the classifier, module 8
fit(model, 8, 0.05, sparsifier.step)
int8 = train.quantize(model, images[:64])  # BatchNorm folded, the pattern frozen
train.calibrate(int8, images.split(64))
fit(int8, 2, 0.005)
train.export(int8, images[:64], "mine.onnx", mean=0.5, std=0.25)
