"""What N:M sparsity means: patterns, masks, detection, packed formats. NumPy only."""

from nmcu.sparsity.detect import detect
from nmcu.sparsity.mask import mask
from nmcu.sparsity.pattern import NMPattern

__all__ = ["NMPattern", "detect", "mask"]
