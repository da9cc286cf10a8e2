"""An N:M-sparse model from a dense one, without training."""

from __future__ import annotations  # signatures in help() as they are written here

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from nmcu import layerwise
from nmcu.api.evaluating import Channels, per_channel
from nmcu.api.model import Loaded, Model, Stage, graph_of, name_of
from nmcu.errors import NmcuError, NoGainWarning, counted
from nmcu.files import write_atomically
from nmcu.frontend import whole, with_weights
from nmcu.graph import Graph
from nmcu.graph.prune import Choice, Globs, choose, globs
from nmcu.graph.prune import prune as prune_graph
from nmcu.host import Preprocessing
from nmcu.isa import InstructionSet
from nmcu.kernels import Machine, gain, no_gain, without_gain
from nmcu.operators import save as save_file
from nmcu.registry import Registry
from nmcu.report import label, labels
from nmcu.result import Result
from nmcu.sparsity import NMPattern
from nmcu.targets import Target

FINE_TUNING = "accuracy was not looked at: a pruned network needs fine-tuning to get it back (see nmcu.train)"
FITTED = (
    "accuracy was not looked at: nmcu eval measures it; fine-tuning brings more of it back (see nmcu.train)"
)


@dataclass(frozen=True, eq=False, repr=False)
class Pruned(Result):
    """A pruned network, `graph`, and what became of each layer with weights, `choices`."""

    model: str
    pattern: NMPattern
    graph: Graph
    choices: tuple[Choice, ...]
    registry: Registry
    source: Loaded | None = None
    """The network before, where it was read from a file."""
    reconstructed: bool = False
    """Whether weights were chosen and fitted on data."""

    def __str__(self) -> str:
        pruned = sum(choice.reason is None for choice in self.choices)
        layers = f"{pruned} of {counted(len(self.choices), 'layer')} with weights"
        return f"{label(self.model)} pruned to {self.pattern}: {layers}\n{self.advice}"

    @property
    def advice(self) -> str:
        """What is to be done about accuracy, which nothing here looks at."""
        return FITTED if self.reconstructed else FINE_TUNING

    def to_json(self) -> dict[str, Any]:
        """Model, pattern, layers."""
        return {
            "model": self.model,
            "pattern": str(self.pattern),
            "reconstructed": self.reconstructed,
            "layers": self.rows(),
        }

    def rows(self) -> list[dict[str, Any]]:
        """The layers with weights; `reason` says why one stayed as it was."""
        return [
            {
                "name": choice.layer.name,
                "op": choice.layer.kind,
                "weight_bytes": choice.layer.weight_bytes,
                "pattern": str(self.pattern) if choice.reason is None else None,
                "reason": choice.reason,
            }
            for choice in self.choices
        ]

    OTHERWISE = ", .tflite or .onnx"

    def save(self, path: str | Path) -> None:
        """Writes the pruned model: as QDQ ONNX where `path` ends in `.onnx`, as the TFLite file that it was read from,
        with zeros in its weights, where it ends in `.tflite`; else one of `forms`.

        Raises `NmcuError` for any other suffix, and where the file cannot be written.
        """
        suffix = Path(path).suffix.lower()
        if suffix == ".onnx":
            save_file(self.graph, path, self.registry.operators.values())
        elif suffix == ".tflite":
            write_atomically(Path(path), self._as_tflite())
        else:
            super().save(path)

    def _as_tflite(self) -> bytes:
        if self.reconstructed:
            raise NmcuError(
                f"{self.model}: weights that were fitted have scales of their own, a TFLite file is written again with "
                "the scales that it had: write .onnx"
            )
        source = self.source
        data = b"" if source is None or source.path is None else whole(source.path, source.signature)
        if source is None or data[4:8] != b"TFL3":
            raise NmcuError(
                f"{self.model} was not read from a TFLite file, which would be written again: write .onnx"
            )
        return with_weights(data, source.graph, self.graph)


def prune(
    model: Model,
    pattern: str | NMPattern,
    *,
    layers: Globs | None = None,
    skip: Globs = (),
    reconstruct: str | Path | None = None,
    mean: Channels = None,
    std: Channels = None,
    target: str | Target = "cluster8",
    isa: str | InstructionSet | None = None,
    registry: Registry | None = None,
    on_stage: Stage | None = None,
) -> Pruned:
    """Prunes the weights of a model file or graph by magnitude, block by block; nothing is trained.

    `pattern` is `N:M` or `N:MxG`. `layers` is a glob of layers to prune, or several (without it all but the first
    convolution and the last layer), `skip` those to leave as they are. With data to `reconstruct` from (images as of
    `evaluate`, without labels, or an `.npz` file; 2,048 samples at most; `mean` and `std` as of `evaluate`) the weights
    stay without which each layer's result would change most, and they, biases, and what stays dense behind are fitted
    to make up for the others: far more accurate, and slower. The result saves as QDQ ONNX
    (`.save("sparse.onnx")`) or, where `model` is a TFLite file, as one (`.save("sparse.tflite")`), and `compile`, `run`
    and `evaluate` take it as it is. Raises `NmcuError` where there is nothing to prune or a glob matches no layer, and
    warns (`NoGainWarning`) where the pattern is predicted to gain no speed on `target` with `isa`.
    """
    say = on_stage or (lambda stage: None)
    known = registry or Registry.installed()
    wanted = pattern if isinstance(pattern, NMPattern) else NMPattern.parse(str(pattern))
    chip = known.target(target)
    machine = Machine(chip, known.isa_for(chip, isa))
    say("reading")
    graph = graph_of(model, known)
    named, skipped = None if layers is None else globs(layers), globs(skip)
    choices = choose(graph, wanted, named, skipped)
    _check(name_of(model), choices, named, skipped)
    chosen = [choice.layer.name for choice in choices if choice.reason is None]
    say("pruning")
    patterns = dict.fromkeys(chosen, wanted)
    if reconstruct is None:
        pruned = prune_graph(graph, patterns)
    else:
        preprocessing = Preprocessing.of(graph, per_channel(mean), per_channel(std))
        fitting = reconstruction_from(graph, Path(reconstruct), preprocessing)
        pruned = fitting.network(
            patterns, fitting.fit(patterns, lambda layer: say(f"fitting {label(layer)}"))
        )
    say("predicting")
    kernels = known.kernels.values()
    slow = without_gain(
        {layer.name: gain(kernels, layer, machine) for layer in pruned.layers if layer.name in chosen}
    )
    if slow:
        warnings.warn(no_gain({str(wanted): labels(slow, 40).texts}, machine), NoGainWarning, stacklevel=2)
    source = model if isinstance(model, Loaded) else None
    if isinstance(model, str | Path):
        source = Loaded(name_of(model), graph, Path(model))
    return Pruned(name_of(model), wanted, pruned, choices, known, source, reconstruct is not None)


def reconstruction_from(graph: Graph, data: Path, preprocessing: Preprocessing) -> layerwise.Reconstruction:
    """What fits networks pruned from `graph` on samples of `data`."""
    samples = layerwise.read(graph, data, layerwise.samples_for(graph), preprocessing)
    return layerwise.Reconstruction(graph, layerwise.joined(samples))


def _check(
    model: str, choices: tuple[Choice, ...], layers: Sequence[str] | None, skip: Sequence[str]
) -> None:
    """Raises `NmcuError` where a glob matches nothing, or no layer is pruned."""
    for option, glob in (*(("layers", glob) for glob in layers or ()), *(("skip", glob) for glob in skip)):
        if not any(fnmatchcase(choice.layer.name, glob) for choice in choices):
            names = ", ".join(label(c.layer.name) for c in choices)
            raise NmcuError(f"{option} {glob!r} matches no layer with weights; there are: {names}")
    if all(choice.reason is not None for choice in choices):
        found = "; ".join(f"{label(c.layer.name)}: {c.reason}" for c in choices)
        raise NmcuError(f"there is nothing to prune in {model}: {found or 'it has no layers with weights'}")
