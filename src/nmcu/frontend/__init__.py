"""Readers: ONNX QDQ and TFLite to the integer graph; the QDQ writer. `nmcu.operators` says which nodes they know."""

from nmcu.frontend.load import load, parse, whole
from nmcu.frontend.readers import Fallback, OnnxReader, Readers, TfliteReader
from nmcu.frontend.to_onnx import Export, check_suffix, save
from nmcu.frontend.to_tflite import with_weights

__all__ = [
    "Export",
    "Fallback",
    "OnnxReader",
    "Readers",
    "TfliteReader",
    "check_suffix",
    "load",
    "parse",
    "save",
    "whole",
    "with_weights",
]
