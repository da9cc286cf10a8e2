"""Python side of layer.h."""

LAYER_BYTES = 384
"""L1 set aside for the copy of a descriptor (NMCU_LAYER_BYTES)."""
