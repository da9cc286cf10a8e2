"""Tables and files from the results of runs."""

from nmcu.report.assemble import assemble
from nmcu.report.budget import check_budget
from nmcu.report.explain import Explanation, explain, explain_table
from nmcu.report.fit import Fit, Fitted, fit_table
from nmcu.report.folder import check_folder, file_names, write_folder
from nmcu.report.folder_result import FolderResult
from nmcu.report.grid import Column, Grid, Heading, Kind, Row, Rule, Total
from nmcu.report.inspection import Inspection
from nmcu.report.names import label, labels
from nmcu.report.page import html
from nmcu.report.run_report import LayerReport, MemoryReport, PartReport, RunReport
from nmcu.report.tables import layers_table, pattern, run_table, stall_table
from nmcu.report.trace import trace
from nmcu.report.units import cores, size

__all__ = [
    "Column",
    "Explanation",
    "Fit",
    "Fitted",
    "FolderResult",
    "Grid",
    "Heading",
    "Inspection",
    "Kind",
    "LayerReport",
    "MemoryReport",
    "PartReport",
    "Row",
    "Rule",
    "RunReport",
    "Total",
    "assemble",
    "check_budget",
    "check_folder",
    "cores",
    "explain",
    "explain_table",
    "file_names",
    "fit_table",
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
