"""The QDQ writer."""

from nmcu.frontend.to_onnx.save import save

__all__ = ["save"]
