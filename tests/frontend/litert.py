"""Running LiteRT with all intermediate tensors kept: the other side of the comparison."""

import warnings
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from nmcu import graph
from nmcu.graph import Graph


class LiteRT:
    """An interpreter that keeps every tensor."""

    def __init__(self, model: Path | bytes) -> None:
        source = {"model_content": model} if isinstance(model, bytes) else {"model_path": str(model)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._interpreter = Interpreter(**source, experimental_preserve_all_tensors=True)
        self._interpreter.allocate_tensors()

    def run(self, feeds: dict[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
        """Every tensor by name, for inputs by name."""
        for detail in self._interpreter.get_input_details():
            self._interpreter.set_tensor(detail["index"], feeds[detail["name"]])
        self._interpreter.invoke()
        details = [d for d in self._interpreter.get_tensor_details() if d["name"]]
        return {d["name"]: self._interpreter.get_tensor(d["index"]) for d in details}


def layer_differences(
    model: Graph, known: dict[str, NDArray[np.generic]]
) -> list[tuple[str, str, NDArray[np.int64]]]:
    """(layer, kind, |reference - LiteRT|) for each layer fed with LiteRT's own tensors."""
    found = []
    for layer in model.layers:
        names = [i.name.removesuffix(".device") for i in (*layer.inputs, *layer.outputs)]
        if any(name not in known for name in names):
            continue
        arrays = [known[n].reshape(i.shape) for n, i in zip(names, layer.inputs, strict=False)]
        (result,) = graph.reference.run_layer(layer, arrays)
        wanted = known[names[-1]].reshape(result.shape)
        found.append((layer.name, layer.kind, np.abs(result.astype(np.int64) - wanted)))
    return found
