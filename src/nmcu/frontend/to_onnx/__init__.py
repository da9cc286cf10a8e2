"""The QDQ writer."""

from nmcu.frontend.to_onnx.save import check_suffix, save
from nmcu.frontend.to_onnx.writer import Export

__all__ = ["Export", "check_suffix", "save"]
