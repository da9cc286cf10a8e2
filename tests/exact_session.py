"""ONNX Runtime with sums that are exact on every processor."""

from pathlib import Path

import onnxruntime


def exact_session(path: Path) -> onnxruntime.InferenceSession:
    """Without it, sums of uint8 by int8 saturate on processors with AVX2 and no VNNI."""
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
