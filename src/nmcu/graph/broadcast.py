"""NumPy broadcasting as a shape rule."""

from collections.abc import Sequence

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph.tensor import Shape, TensorInfo


def broadcast_shape(what: str, inputs: Sequence[TensorInfo]) -> Shape:
    """The common shape of `inputs`; raises `ModelError` where they do not broadcast."""
    try:
        return tuple(np.broadcast_shapes(*(i.shape for i in inputs)))
    except ValueError:
        shapes = " and ".join(str(i.shape) for i in inputs)
        raise ModelError(f"{what}: shapes {shapes} do not broadcast") from None
