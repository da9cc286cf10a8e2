"""Networks layer by layer: what pruning each layer does, and where int8 leaves the float network."""

from nmcu.layerwise.compare import compare
from nmcu.layerwise.comparison import Compared, FloatComparison
from nmcu.layerwise.cost import Cost, Costs, LayerCost
from nmcu.layerwise.evaluate import Evaluation
from nmcu.layerwise.float_model import FloatModel
from nmcu.layerwise.float_model import read as read_float
from nmcu.layerwise.least_squares import LeastSquares
from nmcu.layerwise.noise import Noise
from nmcu.layerwise.reconstruct import SAMPLES as RECONSTRUCTION_SAMPLES
from nmcu.layerwise.reconstruct import reconstructed
from nmcu.layerwise.samples import Samples, joined, read
from nmcu.layerwise.score import METRICS, Metric, Score, Scorer
from nmcu.layerwise.selection import selected
from nmcu.layerwise.sensitivity import LayerSensitivity, Pruned, Sensitivity
from nmcu.layerwise.sequential import Reconstruction, samples_for
from nmcu.layerwise.variants import Refit, Variant, Variants, find

__all__ = [
    "METRICS",
    "RECONSTRUCTION_SAMPLES",
    "Compared",
    "Cost",
    "Costs",
    "Evaluation",
    "FloatComparison",
    "FloatModel",
    "LayerCost",
    "LayerSensitivity",
    "LeastSquares",
    "Metric",
    "Noise",
    "Pruned",
    "Reconstruction",
    "Refit",
    "Samples",
    "Score",
    "Scorer",
    "Sensitivity",
    "Variant",
    "Variants",
    "compare",
    "find",
    "joined",
    "read",
    "read_float",
    "reconstructed",
    "samples_for",
    "selected",
]
