"""`nmcu bench sim`: how fast the simulator is."""

from nmcu.bench.sim import sim_speed
from nmcu.cli.options import JsonOption
from nmcu.cli.output import progress, show, show_json


def sim(json: JsonOption = False) -> None:
    """How many million instructions the simulator runs per second: one core, and eight with bank conflicts."""
    with progress("the simulator") as stage:
        stage("measuring")
        speed = sim_speed()
    if json:
        show_json(speed.to_json())
    else:
        show(str(speed))
