"""The timeline of a run in the trace event format of Chrome and Perfetto."""

import json

from nmcu.report.run_report import RunReport
from nmcu.report.text import printable


def trace(report: RunReport) -> str:
    """JSON text: a process with one thread per core, an event for each layer on each core; times in microseconds."""
    events = [
        {
            "name": printable(span.layer),
            "ph": "X",
            "pid": 0,
            "tid": span.core,
            "ts": span.first / report.clock_hz * 1e6,
            "dur": (span.end - span.first) / report.clock_hz * 1e6,
            "args": {"cycles": span.end - span.first},
        }
        for span in report.timeline
    ]
    threads = [
        {"name": "thread_name", "ph": "M", "pid": 0, "tid": core, "args": {"name": f"core {core}"}}
        for core in range(report.cores)
    ]
    return json.dumps({"displayTimeUnit": "ms", "traceEvents": [*threads, *events]})
