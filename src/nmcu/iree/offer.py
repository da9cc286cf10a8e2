"""How refusals of nodes name IREE, which may run them."""

from nmcu.iree import adapter
from nmcu.iree.adapter import IreeError


def offer() -> str:
    """What a user can do; how the extra is installed only where it is missing."""
    try:
        adapter.require()
    except IreeError:
        return "--fallback iree leaves it to IREE (pip install 'nmcu[iree]')"
    return "--fallback iree leaves it to IREE"
