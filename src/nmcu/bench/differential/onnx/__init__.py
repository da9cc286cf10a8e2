"""Random ONNX QDQ networks, valid by construction: every step draws only what fits the tensors that are there."""
