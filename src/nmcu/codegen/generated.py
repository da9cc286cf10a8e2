"""Files that kernels make for one layer each."""

from collections.abc import Mapping

from nmcu.plan import Plan


def generated(plan: Plan) -> Mapping[str, str]:
    """Their texts by name, those of all layers. Layers that are alike share theirs: names say what is in them."""
    found: dict[str, str] = {}
    for planned, part in plan.steps:
        assert planned.kernel is not None
        found |= planned.kernel.generated(part.layer)
    return found
