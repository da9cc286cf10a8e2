"""What is recorded of a run on the RTL."""

import nmcu
from networks import conv_linear


def test_transfers_and_waits_are_the_simulators_to_the_cycle() -> None:
    compiled = nmcu.compile(conv_linear())
    iss, rtl = (nmcu.run(compiled, core=core, record=True) for core in ("iss", "rtl"))
    assert rtl.recording == iss.recording
    assert rtl.recording.transfers and rtl.recording.waits
