"""What a quantised file is like, read off it, and the rows of the table in docs/quantising.md."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from nmcu import operators
from nmcu.frontend.load import whole
from nmcu.graph import Graph
from nmcu.sparsity import detect
from quantisers.catalogue import FILES, GOLDEN, Golden

HEAD = ("quantiser", "settings", "form", "activations", "weights", "scales", "network's output", "1:8 kept")


def path(golden: Golden) -> Path:
    return FILES / f"{golden.file}.xz"


def table(goldens: Iterable[Golden] = GOLDEN) -> str:
    """The table, a row for each file."""
    rows = [HEAD, ("---",) * len(HEAD), *(_row(golden) for golden in goldens)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def dialects(goldens: Iterable[Golden] = GOLDEN) -> str:
    """What each quantiser writes, in words, once for each dialect."""
    lines = dict.fromkeys(f"- {_named(golden)}: {golden.dialect}.\n" for golden in goldens)
    return "".join(lines)


def _named(golden: Golden) -> str:
    variant = re.search(r"QuantFormat\.\w+|A8W8|XINT8", golden.settings)
    return f"{golden.quantiser} ({variant.group().rpartition('.')[2]})" if variant else golden.quantiser


def _row(golden: Golden) -> tuple[str, ...]:
    data = whole(path(golden))
    form, activations, scales = ("TFLite", "int8", "any") if golden.file.endswith(".tflite") else _onnx(data)
    graph = operators.load(path(golden))
    output = " and ".join(sorted({tensor.dtype for tensor in graph.outputs})).replace("float32", "float")
    kept = "yes" if follows(graph) else "no"
    return golden.quantiser, golden.settings, form, activations, _weights(graph), scales, output, kept


def _onnx(data: bytes) -> tuple[str, str, str]:
    """Form, type of activations, kind of scales."""
    model = onnx.load_model_from_string(data)
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    quantised = [n for n in model.graph.node if n.op_type == "QuantizeLinear" and n.input[0] not in constants]
    scales = np.concatenate([constants[n.input[1]].reshape(-1) for n in quantised]).astype(np.float64)
    types = {str(constants[n.input[2]].dtype) for n in quantised}
    form = "QOperator" if any(n.op_type.startswith("QLinear") for n in model.graph.node) else "QDQ"
    powers = np.log2(scales) == np.rint(np.log2(scales))
    return form, " and ".join(sorted(types)), "powers of two" if powers.all() else "any"


def _weights(graph: Graph) -> str:
    layers = [layer for layer in graph.layers if "weight" in layer.constants]
    # not counting constant channels, which the reader gives scales of their own
    common = [Counter(layer.op.weight_scale).most_common(1)[0][1] for layer in layers]  # type: ignore[attr-defined]
    several = any(n + 2 < len(layer.op.weight_scale) for n, layer in zip(common, layers, strict=True))  # type: ignore[attr-defined]
    return "per channel" if several else "per tensor"


def follows(graph: Graph) -> bool:
    """True if every pruned layer still is 1:8: all convolutions but the stem and the depthwise one, the classifier."""
    pruned = [w for w in (layer.constants.get("weight") for layer in graph.layers) if w is not None]
    patterns = [detect(w) for w in pruned if w.ndim != 3 and w.shape[-1] % 8 == 0]
    return len(patterns) >= 4 and all(p is not None and (p.n, p.m) == (1, 8) for p in patterns)


if __name__ == "__main__":
    print(table())
    print(dialects(), end="")
