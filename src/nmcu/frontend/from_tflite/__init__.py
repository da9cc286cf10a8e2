"""The TFLite reader."""

from nmcu.frontend.from_tflite.reader import read

__all__ = ["read"]
