"""IREE beside nmcu: pieces of ONNX networks that it runs, on this machine and on targets. Needs `nmcu[iree]`.

cut = nmcu.iree.partition("m.onnx")                    # which parts does nmcu run, which IREE?
program = nmcu.iree.compile("m.onnx", "cluster8")      # both halves for a chip, as one program
local = nmcu.iree.compile("m.onnx", "host")            # IREE's own runtime, nmcu's parts as external functions
local.run(array)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nmcu.iree.adapter import IreeError
from nmcu.iree.parts import Part, graph_of, parts
from nmcu.iree.region import Region

if TYPE_CHECKING:
    from nmcu.api.iree import HostModel, Partition, compile, partition

_OF_API = ("HostModel", "Partition", "compile", "partition")
"""What stands above all rooms, by names of this one."""

__all__ = [
    "HostModel",
    "IreeError",
    "Part",
    "Partition",
    "Region",
    "compile",
    "graph_of",
    "partition",
    "parts",
]


def __getattr__(name: str) -> Any:
    """Functions for users, imported when first used."""
    if name in _OF_API:
        return getattr(import_module("nmcu.api.iree"), name)
    raise AttributeError(f"module 'nmcu.iree' has no attribute {name!r}")
