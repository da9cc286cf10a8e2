"""The QDQ writer."""

from nmcu.frontend.to_onnx.save import check_suffix, save

__all__ = ["check_suffix", "save"]
