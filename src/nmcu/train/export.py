"""A quantised PyTorch model as QDQ ONNX: int8 weights, int32 biases, names from the model; checked."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from nmcu import operators
from nmcu.errors import NmcuError
from nmcu.files import write_atomically
from nmcu.registry import Registry
from nmcu.train import given
from nmcu.train.conversion import converted
from nmcu.train.quantize import quantize
from nmcu.train.ranges import calibrate, check_calibrated, is_quantised


def export(
    model: nn.Module,
    sample: Tensor,
    path: str | Path,
    *,
    mean: float | Sequence[float] = 0.0,
    std: float | Sequence[float] = 1.0,
    metadata: Mapping[str, str] | None = None,
) -> float:
    """Write `model` to `path` as QDQ ONNX for one float32 input (N = 1, layout as in PyTorch).

    `model` comes from `quantize`; any other module is quantised here, its ranges calibrated on `sample`, a batch of
    inputs. `mean` and `std` (one number or one per channel) go into the metadata `nmcu.mean` and `nmcu.std`: the input
    is `(pixel / 255 - mean) / std`. Before the file appears every pattern is checked in the int8 weights, and ONNX
    Runtime against PyTorch on `sample`: each layer on ONNX Runtime's own values, then the outputs. Returns the mean
    difference of these in quantisation steps (values on a rounding edge add up), the largest one where the model has
    several outputs, which are called `output0`, `output1`, ... Raises `NmcuError` for a layer that is another one
    in the file, a model that was never calibrated, that cannot be exported, or whose file nmcu could not run.
    """
    sample = given.check_inputs(sample, "the sample")
    path = Path(path)
    operators.check_suffix(path)
    described = {**_normalisation(mean, std, sample.shape[1:]), **_texts(metadata or {})}
    if not is_quantised(given.check_module(model)):
        model = quantize(model, sample)
        calibrate(model, [sample])
    given.check_float32(model)
    check_calibrated(model)
    given.run(model, sample, "a sample")
    known = Registry.installed().operators.values()
    data, difference = converted(model, sample, described, known, path.name)
    write_atomically(path, data)
    return difference


def _texts(metadata: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(metadata, Mapping) or not all(
        isinstance(t, str) for pair in metadata.items() for t in pair
    ):
        raise NmcuError(f"the metadata are {metadata!r}; names and values as strings are needed")
    return dict(metadata)


def _normalisation(
    mean: float | Sequence[float], std: float | Sequence[float], shape: Sequence[int]
) -> dict[str, str]:
    """The metadata: one number, or comma-separated ones per channel of an input of `shape` (channels, ...)."""
    texts = {}
    for name, value in (("mean", mean), ("std", std)):
        try:
            numbers = np.asarray(value, np.float64).reshape(-1).tolist()
        except (TypeError, ValueError):
            numbers = []
        possible = all(math.isfinite(v) and (v > 0 or name == "mean") for v in numbers)
        if not possible or len(numbers) not in (1, shape[0]):
            raise NmcuError(
                f"{name} is {value}; one finite number or one for each of {shape[0]} channels is needed, std above 0"
            )
        texts[f"nmcu.{name}"] = ",".join(map(repr, numbers))
    return texts
