"""Readers: ONNX QDQ and TFLite to the integer graph; the QDQ writer."""

from nmcu.frontend.load import load, parse
from nmcu.frontend.to_onnx import save

__all__ = ["load", "parse", "save"]
