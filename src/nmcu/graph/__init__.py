"""The integer graph: an `onnx_ir.Model` of nodes in the domain `nmcu`. The reference is the specification."""

from nmcu.graph import ops, reference
from nmcu.graph.border import Border
from nmcu.graph.builder import Builder
from nmcu.graph.carry import carried, carry
from nmcu.graph.check import check
from nmcu.graph.graph import Graph
from nmcu.graph.layer import Layer
from nmcu.graph.op import Op
from nmcu.graph.origin import Origin
from nmcu.graph.samples import random_inputs
from nmcu.graph.state import State
from nmcu.graph.tensor import TensorInfo

__all__ = [
    "Border",
    "Builder",
    "Graph",
    "Layer",
    "Op",
    "Origin",
    "State",
    "TensorInfo",
    "carried",
    "carry",
    "check",
    "ops",
    "random_inputs",
    "reference",
]
