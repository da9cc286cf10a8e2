"""Everything that can be added to: targets, instruction sets, kernels and operators, by name."""

from nmcu.registry.registry import BUILT_IN, Registry

__all__ = ["BUILT_IN", "Registry"]
