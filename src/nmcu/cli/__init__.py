"""The `nmcu` command: parses, calls one function, prints."""

import os
import sys

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 and the number of the signal, as of shells."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits (`nmcu.cli.app.main`). Ctrl-C ends it quietly, while modules load, too."""
    # Before NumPy is loaded: the reference's products are small, and threads that wait for each other make them slow
    # where cores are busy (ResNet8: 7 ms with one thread; 160 ms with two, beside other work on two cores).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from nmcu.cli.app import main as run

        run(arguments)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


__all__ = ["INTERRUPTED", "main"]
