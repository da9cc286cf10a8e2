"""The trained example networks, and the accuracy that their metrics.json states."""

import json
from pathlib import Path

_PACKAGED = Path(__file__).parents[1] / "examples"  # where wheels have examples/models
EXAMPLES = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[3] / "examples" / "models"


def name(file: Path) -> str:
    """The file's name up to its first dot, by which metrics.json knows it."""
    return file.name.partition(".")[0]


def top1(file: Path) -> float | None:
    """Top-1 in percent that the metrics.json beside `file` states for it, or None."""
    try:
        metrics = json.loads((file.parent / "metrics.json").read_text())
    except (OSError, ValueError):
        return None
    entry = metrics.get(name(file)) if isinstance(metrics, dict) else None
    stated = entry.get("top1") if isinstance(entry, dict) else None
    return float(stated) if isinstance(stated, int | float) else None
