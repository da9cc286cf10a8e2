"""The `nmcu` command: parses, calls one function, prints."""

import sys

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 and the number of the signal, as of shells."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits (`nmcu.cli.app.main`). Ctrl-C ends it quietly, while modules load, too."""
    try:
        from nmcu.cli.app import main as run

        run(arguments)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


__all__ = ["INTERRUPTED", "main"]
