"""Figures of the paper whose kernels are reproduced here: Daghero et al., "Lightweight Software Kernels and Hardware
Extensions for Efficient Sparse Deep Neural Networks on Microcontrollers", MLSys 2025. Facts only."""

from collections.abc import Mapping
from types import MappingProxyType

CONV_SOFTWARE: Mapping[str, float] = MappingProxyType({"1:8": 2.1, "1:16": 3.4})
"""Software kernels over "their dense counterparts", convolution, by pattern."""
DENSE_MACS_PER_CYCLE = 15.5
"""PULP-NN's peak on eight cores."""
XDECIMATE_GAIN = 1.9
"""xDecimate over the software kernels, at most."""
CONV_XDECIMATE: Mapping[str, float] = MappingProxyType(
    {p: f * XDECIMATE_GAIN for p, f in CONV_SOFTWARE.items()}
)
"""What both together would be: an upper bound, since the gain is "up to"."""
AREA_PERCENT = 5.0
"""Core area that xDecimate adds."""
NETWORKS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {"resnet18": ("ResNet18", 3.21), "vit": ("Vision Transformer", 1.81)}
)
"""By the network's name in the benchmark: its name, and how much faster than dense it runs at best."""
