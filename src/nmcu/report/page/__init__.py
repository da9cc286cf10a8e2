"""The HTML page of a run: one self-contained file, readable at any width, light and dark."""

from nmcu.report.page.page import html

__all__ = ["html"]
