"""What sparsity means: patterns, masks, detection, supports, packed formats. NumPy only."""

from nmcu.sparsity.detect import detect
from nmcu.sparsity.mask import mask
from nmcu.sparsity.pattern import NMPattern
from nmcu.sparsity.support import Support, natural, of_pattern, per_channel, unstructured

__all__ = ["NMPattern", "Support", "detect", "mask", "natural", "of_pattern", "per_channel", "unstructured"]
