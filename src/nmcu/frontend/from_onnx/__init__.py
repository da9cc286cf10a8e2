"""The ONNX reader: QDQ models of every dialect."""

from nmcu.frontend.from_onnx.reader import read

__all__ = ["read"]
