"""LiteRT, in the worker."""

import warnings
from collections.abc import Mapping
from typing import Any

import tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from nmcu.judge.wire import Array, Key

_RESOLVERS = {
    "reference": OpResolverType.BUILTIN_REF,
    "default": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
}

_NO_KERNEL = "Didn't find op"


class Session:
    """A model whose tensors are all kept. Where an operator has no reference kernel (ELU), all use the default ones."""

    def __init__(self, data: bytes, kernels: str) -> None:
        self._data, self._kernels = data, kernels
        try:
            self._interpreter = _ready(data, kernels)
        except (RuntimeError, ValueError) as error:
            if kernels == "default" or _NO_KERNEL not in str(error):
                raise
            self._kernels = "default"
            self._interpreter = _ready(data, self._kernels)
        self._inputs = {detail["name"]: detail["index"] for detail in self._interpreter.get_input_details()}
        self._kept = sorted({*self._inputs.values(), *_written(data)})
        self._resources, self._fresh = _has_resources(data), True

    def run(self, feed: Mapping[Key, Array], fresh: bool) -> list[tuple[Key, Array]]:
        """Its inputs and what operators write, by index; variables are as the last run left them unless `fresh`."""
        if (
            fresh and self._resources and not self._fresh
        ):  # which reset_all_variables leaves as they are (2.3.0)
            self._interpreter = _ready(self._data, self._kernels)
        elif fresh:
            self._interpreter.reset_all_variables()
        self._fresh = False
        for key, array in feed.items():
            self._interpreter.set_tensor(key if isinstance(key, int) else self._inputs[key], array)
        self._interpreter.invoke()
        return [(index, self._interpreter.get_tensor(index)) for index in self._kept]


def _ready(data: bytes, kernels: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        interpreter = Interpreter(
            model_content=data,
            num_threads=1,
            experimental_op_resolver_type=_RESOLVERS[kernels],
            experimental_preserve_all_tensors=True,
        )
    interpreter.allocate_tensors()
    return interpreter


def _has_resources(data: bytes) -> bool:
    """Whether the model has variables that are resources."""
    model = tflite.Model.GetRootAs(data, 0)
    graphs = (model.Subgraphs(i) for i in range(model.SubgraphsLength()))
    tensors = (graph.Tensors(i) for graph in graphs for i in range(graph.TensorsLength()))
    return any(tensor.Type() == tflite.TensorType.RESOURCE for tensor in tensors)


def _written(data: bytes) -> set[int]:
    """The tensors that operators of the first subgraph write."""
    graph = tflite.Model.GetRootAs(data, 0).Subgraphs(0)
    operators = (graph.Operators(i) for i in range(graph.OperatorsLength()))
    return {
        int(index)
        for operator in operators
        if operator.OutputsLength()
        for index in operator.OutputsAsNumpy()
        if graph.Tensors(int(index)).Type() != tflite.TensorType.RESOURCE
    }
