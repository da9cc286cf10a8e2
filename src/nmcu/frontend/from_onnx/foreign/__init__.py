"""Nodes that no reader knows, as pieces of the network that another compiler runs (`graph.ops.Foreign`)."""

from nmcu.frontend.from_onnx.foreign.refused import accepted, read, takes, writer
from nmcu.frontend.from_onnx.foreign.region import is_elementwise, is_region, region

__all__ = ["accepted", "is_elementwise", "is_region", "read", "region", "takes", "writer"]
