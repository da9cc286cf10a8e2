"""From real-valued operators on quantised tensors to nodes of the integer graph; shared by all readers.

Every function appends to a `graph.Builder` and returns the output tensor. `y` arguments are `TensorInfo`
without a shape: name, scale and zero point of the wanted output.
"""
