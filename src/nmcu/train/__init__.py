"""PyTorch training for the device: N:M pruning, int8 quantisation, export to QDQ ONNX. Needs the extra `train`."""

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise ImportError("nmcu.train needs PyTorch: pip install 'nmcu[train]'") from error

from nmcu.train import checkpoint
from nmcu.train.average import Average
from nmcu.train.distill import Distiller
from nmcu.train.export import export
from nmcu.train.permute import permute
from nmcu.train.precondition import PreconditionedAdamW
from nmcu.train.quantize import quantize
from nmcu.train.ranges import calibrate, freeze_ranges
from nmcu.train.reconstruct import Reconstructed, reconstruct
from nmcu.train.sensing import sensitivity
from nmcu.train.sparsify import Sparsifier, Stages, sparsify, verify

__all__ = [
    "Average",
    "Distiller",
    "PreconditionedAdamW",
    "Reconstructed",
    "Sparsifier",
    "Stages",
    "calibrate",
    "checkpoint",
    "export",
    "freeze_ranges",
    "permute",
    "quantize",
    "reconstruct",
    "sensitivity",
    "sparsify",
    "verify",
]
