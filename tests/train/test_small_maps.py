"""Convolutions of small maps as matrix products: PyTorch's results and gradients."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional

FOLDER = Path(__file__).parents[2] / "examples" / "train"


@pytest.mark.parametrize(
    ("channels", "size", "stride", "pays"),
    [(256, 4, 1, True), (272, 3, 1, True), (256, 7, 2, True), (256, 8, 1, False), (128, 4, 1, False)],
)
def test_products_equal_convolutions(
    monkeypatch: pytest.MonkeyPatch, channels: int, size: int, stride: int, pays: bool
) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    import small_maps

    calls: list[int] = []
    columns = small_maps._columns
    monkeypatch.setattr(small_maps, "_columns", lambda x, s: calls.append(s) or columns(x, s))
    torch.manual_seed(0)
    x = torch.randint(-4, 5, (2, 8, size, size), dtype=torch.float32)
    weight = torch.randint(-4, 5, (channels, 8, 3, 3), dtype=torch.float32)

    def gradients() -> list[torch.Tensor]:
        leaves = [x.clone().requires_grad_(), weight.clone().requires_grad_()]
        y = functional.conv2d(*leaves, None, stride, 1).float()
        (y * torch.randint(-2, 3, y.shape, generator=torch.Generator().manual_seed(1))).sum().backward()
        return [y.detach(), *(leaf.grad for leaf in leaves if leaf.grad is not None)]

    want = gradients()
    with small_maps.SmallMaps():
        got = gradients()
    assert bool(calls) == pays
    for a, b in zip(want, got, strict=True):
        torch.testing.assert_close(a, b, rtol=0.01, atol=0.1)
