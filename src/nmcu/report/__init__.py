"""Tables and files from the results of runs."""

from nmcu.report.folder import file_names, write_folder
from nmcu.report.run_report import LayerReport, MemoryReport, RunReport, nonzero_macs
from nmcu.report.tables import layers_table, pattern, run_table, size, stall_table
from nmcu.report.text import printable

__all__ = [
    "LayerReport",
    "MemoryReport",
    "RunReport",
    "file_names",
    "layers_table",
    "nonzero_macs",
    "pattern",
    "printable",
    "run_table",
    "size",
    "stall_table",
    "write_folder",
]
