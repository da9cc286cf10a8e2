"""Golden texts: a file beside the test that a person reads and compares when it changes.

`NMCU_UPDATE_GOLDEN=1 pytest …` writes the files anew; look at their differences before committing them.
"""

import os
from pathlib import Path


def check(text: str, file: Path) -> None:
    """Fails with a difference unless `file` holds `text`."""
    if os.environ.get("NMCU_UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), f"{file.name} differs; see tests/golden.py"
