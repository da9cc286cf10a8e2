"""Readers: ONNX QDQ and TFLite to the integer graph; the QDQ writer."""

from nmcu.frontend.load import load

__all__ = ["load"]
