"""Rolling tokens: an operator, a kernel in portable C, and a chip to run them on."""

from pathlib import Path

POCKET = Path(__file__).parent / "pocket"
