"""Readers of ONNX nodes, by families that share code; `nmcu.operators` says which operator each belongs to."""
