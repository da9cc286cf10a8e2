"""The table of docs/benchmarks.md, from the JSON of `nmcu bench paper`. `python -m nmcu.bench.paper.markdown FILE`"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from nmcu.bench.paper.row import PaperRow

HEAD = ("claim", "published", "its kernels here", "best here", "with gmac")
ON_RTL = "% of cycles"


def table(rows: Iterable[PaperRow]) -> str:
    """A line for each claim but those about the simulator itself, which docs/rtl.md has in cycles."""
    lines = [HEAD, ("---",) * len(HEAD)]
    for row in rows:
        if row.unit != ON_RTL:
            figures = (row.published, row.published_kernels, row.best, row.gmac)
            lines.append((f"{row.claim}, {row.unit}", *("" if f is None else f"{f:.2f}" for f in figures)))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    print(table(PaperRow(**row) for row in json.loads(Path(sys.argv[1]).read_text())), end="")
