"""What became of one network, and under which word failures of the same kind are collected."""

import re
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Verdict = Literal["agrees", "refused", "outside", "crash", "unjudged"]
"""`refused` by our reader in a sentence, `outside` tolerance, `unjudged`: the runtime does not run it either."""

FAILURES: frozenset[Verdict] = frozenset({"outside", "crash"})


@dataclass(frozen=True)
class Outcome:
    """`steps`: the largest difference from the runtime; `key`: equal for what has the same cause, as far as seen."""

    verdict: Verdict
    steps: int = 0
    key: str = ""
    text: str = ""

    @property
    def failed(self) -> bool:
        """True if somebody has to mend something."""
        return self.verdict in FAILURES


def sentence(message: str) -> str:
    """`message` without the names and numbers of one network."""
    return re.sub(r"-?\d+(\.\d+)?(e[-+]?\d+)?", "N", re.sub(r"'[^']*'", "NAME", message))


def crash(error: BaseException) -> Outcome:
    """The outcome of an exception nobody meant, by its type and the last line of nmcu that it went through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "nmcu" in Path(f.filename).parts]
    place = f"{'/'.join(Path(frames[-1].filename).parts[-2:])}:{frames[-1].lineno}" if frames else "?"
    text = "".join(traceback.format_exception(error))
    return Outcome("crash", key=f"{type(error).__name__} at {place}", text=text)
