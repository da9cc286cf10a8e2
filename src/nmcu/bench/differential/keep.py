"""Failures as folders: model, inputs, what it is and what went wrong."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from nmcu.bench.differential.summary import Failure
from nmcu.files import write_atomically


def keep(failure: Failure, folder: Path) -> Path:
    """Write `failure` to a folder of its own inside `folder`; the same failure again replaces it."""
    word = hashlib.sha256(failure.key.encode()).hexdigest()[:8]
    place = folder / f"{failure.kind}-{word}"
    place.mkdir(parents=True, exist_ok=True)
    write_atomically(place / f"model.{failure.case.format}", failure.case.data)
    for i, feed in enumerate(failure.case.feeds):
        arrays: dict[str, Any] = {f"arr_{j}": array for j, array in enumerate(feed.values())}
        np.savez(place / f"feed{i}.npz", names=np.array(list(feed), np.str_), **arrays)
    lines = (failure.key, f"seed {failure.seed}", "", failure.case.text, "", failure.outcome.text, "")
    write_atomically(place / "what.txt", "\n".join(lines).encode())
    return place
