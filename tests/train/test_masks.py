"""Masks on PyTorch weights are those of `nmcu.sparsity`, and let the pruned weights learn."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nmcu import sparsity
from nmcu.sparsity import NMPattern
from nmcu.train import masks

PATTERNS = st.builds(
    NMPattern, st.sampled_from([1, 1, 2, 3]), st.sampled_from([4, 8, 16]), st.sampled_from([1, 2, 4])
)


@settings(deadline=None)
@given(PATTERNS, st.integers(1, 9), st.integers(1, 33), st.sampled_from([1, 3]), st.integers(0, 2**16))
def test_convolution_masks_equal_the_specification(
    pattern: NMPattern, cout: int, cin: int, kernel: int, seed: int
) -> None:
    # Few distinct values, so that ties occur.
    weight = np.random.default_rng(seed).integers(-4, 5, (cout, cin, kernel, kernel)).astype(np.float32)
    expected = np.moveaxis(sparsity.mask(np.moveaxis(weight, 1, -1), pattern), -1, 1)
    found = masks.compute(torch.from_numpy(weight), pattern)
    np.testing.assert_array_equal(found.numpy(), expected)
    assert masks.first_violation(torch.from_numpy(weight) * found, pattern) is None


@settings(deadline=None)
@given(PATTERNS, st.integers(1, 9), st.integers(1, 6), st.sampled_from([1, 4, 9]), st.integers(0, 2**16))
def test_flattened_inputs_are_blocked_in_device_order(
    pattern: NMPattern, cout: int, channels: int, pixels: int, seed: int
) -> None:
    weight = np.random.default_rng(seed).normal(size=(cout, channels * pixels)).astype(np.float32)
    nhwc = weight.reshape(cout, channels, pixels).transpose(0, 2, 1).reshape(cout, -1)
    expected = sparsity.mask(nhwc, pattern).reshape(cout, pixels, channels).transpose(0, 2, 1)
    found = masks.compute(torch.from_numpy(weight), pattern, channels)
    np.testing.assert_array_equal(found.numpy(), expected.reshape(cout, -1))


def test_violations_name_channel_tap_and_block() -> None:
    weight = torch.zeros(8, 16, 3, 3)
    weight[5, 9, 1, 2] = 1.0
    weight[6, 10, 1, 2] = 1.0
    assert masks.first_violation(weight, NMPattern.parse("1:8")) is None
    assert masks.first_violation(weight, NMPattern.parse("1:8x4")) == (4, 5, 1)


def test_pruned_weights_get_the_gradient_and_a_pull_to_zero() -> None:
    weight = torch.tensor([[3.0, 1.0, -2.0, 0.5]], requires_grad=True)
    mask = masks.NMMask(weight, NMPattern.parse("1:4"), decay=0.1)
    mask(weight).backward(torch.ones(1, 4))
    assert weight.grad is not None
    torch.testing.assert_close(weight.grad, torch.tensor([[1.0, 1.1, 0.8, 1.05]]))


def test_a_frozen_mask_stops_the_pruned_weights() -> None:
    weight = torch.tensor([[3.0, 1.0, -2.0, 0.5]], requires_grad=True)
    mask = masks.NMMask(weight, NMPattern.parse("1:4"))
    mask.frozen = True
    mask(weight).backward(torch.ones(1, 4))
    assert weight.grad is not None
    torch.testing.assert_close(weight.grad, torch.tensor([[1.0, 0.0, 0.0, 0.0]]))
    mask.update(torch.tensor([[0.0, 1.0, 0.0, 0.0]]))
    assert mask.mask.tolist() == [[True, False, False, False]]
