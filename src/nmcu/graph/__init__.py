"""The integer graph: an `onnx_ir.Model` of nodes in the domain `nmcu`. The reference is the specification."""

import onnx_ir as ir

from nmcu.graph import ops, reference
from nmcu.graph.border import Border, border, inputs, outputs, random_inputs
from nmcu.graph.builder import Builder
from nmcu.graph.check import check
from nmcu.graph.layer import Layer, layers
from nmcu.graph.op import Op
from nmcu.graph.tensor import TensorInfo

Graph = ir.Model

__all__ = [
    "Border",
    "Builder",
    "Graph",
    "Layer",
    "Op",
    "TensorInfo",
    "border",
    "check",
    "inputs",
    "layers",
    "ops",
    "outputs",
    "random_inputs",
    "reference",
]
