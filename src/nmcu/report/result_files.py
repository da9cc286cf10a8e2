"""The files that are kept of a run."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmcu.report.folder import file_names
from nmcu.report.page import html
from nmcu.report.run_report import RunReport
from nmcu.report.trace import trace


def result_files(report: RunReport) -> dict[str, bytes]:
    """`report.html`, `trace.json`, `inputs/*.npy` and `outputs/*.npy` of a run, contents by relative path."""
    return {
        "report.html": html(report).encode(),
        "trace.json": trace(report).encode(),
        **{
            f"{folder}/{file}": _npy(arrays[name])
            for folder, arrays in (("inputs", report.inputs), ("outputs", report.outputs))
            for name, file in file_names(arrays, ".npy").items()
        },
    }


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
