"""Tables and files from the results of runs."""

from nmcu.report.assemble import assemble
from nmcu.report.explain import Explanation, explain, explain_table
from nmcu.report.folder import check_folder, file_names, write_folder
from nmcu.report.folder_result import FolderResult
from nmcu.report.grid import Column, Grid, Heading, Kind, Row, Rule, Total
from nmcu.report.inspection import Inspection
from nmcu.report.names import label, labels
from nmcu.report.page import html
from nmcu.report.run_report import LayerReport, MemoryReport, RunReport
from nmcu.report.tables import layers_table, pattern, run_table, stall_table
from nmcu.report.trace import trace
from nmcu.report.units import cores, size

__all__ = [
    "Column",
    "Explanation",
    "FolderResult",
    "Grid",
    "Heading",
    "Inspection",
    "Kind",
    "LayerReport",
    "MemoryReport",
    "Row",
    "Rule",
    "RunReport",
    "Total",
    "assemble",
    "check_folder",
    "cores",
    "explain",
    "explain_table",
    "file_names",
    "html",
    "label",
    "labels",
    "layers_table",
    "pattern",
    "run_table",
    "size",
    "stall_table",
    "trace",
    "write_folder",
]
