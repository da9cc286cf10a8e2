"""What one model may ask for, known before memory or time is taken: every target has far less."""

from nmcu.errors import ModelError

MAX_BYTES = 2**28
"""Of a model file, of one constant and of all constants together."""

MAX_NODES = 10_000


def check_bytes(constants: int) -> None:
    """Raise `ModelError` if all constants together have too many bytes: many may point at the same data."""
    if constants > MAX_BYTES:
        raise ModelError(f"the constants together have {constants} bytes; supported: at most {MAX_BYTES}")


def check_nodes(count: int) -> None:
    """Raise `ModelError` for too many nodes."""
    if count > MAX_NODES:
        raise ModelError(f"the model has {count} nodes; supported: at most {MAX_NODES}")
