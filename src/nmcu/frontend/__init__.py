"""Readers: ONNX QDQ and TFLite to the integer graph; the QDQ writer."""

from nmcu.frontend.load import load, parse
from nmcu.frontend.to_onnx import check_suffix, save

__all__ = ["check_suffix", "load", "parse", "save"]
