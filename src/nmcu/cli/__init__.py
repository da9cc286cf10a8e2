"""The `nmcu` command: parses, calls one function, prints."""

from nmcu.cli.app import main

__all__ = ["main"]
