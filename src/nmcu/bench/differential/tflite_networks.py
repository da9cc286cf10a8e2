"""The strategy: a few steps after each other, then outputs and inputs to run it on."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from nmcu.bench.differential.case import Case
from nmcu.bench.differential.tflite import (
    affine,
    arithmetic,
    batches,
    functions,
    move,
    pool,
    product,
    rearrange,
    recurrent,
    state,
)
from nmcu.bench.differential.tflite.model import Tensor
from nmcu.bench.differential.tflite.network import Draw, Network
from nmcu.frontend.from_tflite import file as tf
from nmcu.graph.op import Array

Step = Callable[[Network], None]


def _padded(n: Network) -> None:
    """PAD, then a layer that can do the padding itself."""
    move.pad_map(n)
    n.choice((affine.conv_2d, affine.depthwise_conv_2d, pool.average_pool_2d, pool.max_pool_2d))(n)


def _clamped(n: Network) -> None:
    """A layer, then a clamp of the same quantisation that can become part of it."""
    layers = (affine.conv_2d, affine.fully_connected, arithmetic.add, arithmetic.mul, pool.average_pool_2d)
    n.choice((*layers, pool.max_pool_2d, move.pad, pool.resize_bilinear, affine.depthwise_conv_2d))(n)
    functions.clamp(n)


STEPS: tuple[Step, ...] = (
    *(affine.conv_2d, affine.depthwise_conv_2d, affine.fully_connected, affine.transpose_conv),
    *(pool.average_pool_2d, pool.max_pool_2d, pool.mean, pool.resize_bilinear, pool.resize_nearest),
    *(arithmetic.add, arithmetic.sub, arithmetic.mul, arithmetic.maximum, arithmetic.minimum),
    *(arithmetic.concatenation, functions.prelu, *[functions.table] * 4, *[functions.bounded] * 2),
    *(functions.requantize, functions.arg_max, functions.dequantize),
    *(
        move.reshape,
        move.squeeze,
        move.expand_dims,
        move.slice_,
        move.strided_slice,
        move.split,
        move.split_v,
    ),
    *(move.transpose, move.pad, _padded, _clamped),
    *(rearrange.gather, rearrange.gather_nd, rearrange.tile, rearrange.broadcast_to, rearrange.mirror_pad),
    *(rearrange.reverse, rearrange.space_to_depth, rearrange.depth_to_space, rearrange.computed_reshape),
    *(product.batch_matmul, batches.dilated, arithmetic.div, arithmetic.squared_difference, pool.reduce),
    *[state.window] * 2,
    *(recurrent.lstm, recurrent.svdf),
)
MOST_STEPS = 7
MOST_ELEMENTS = 20_000
FEEDS = 2


def networks() -> st.SearchStrategy[Case]:
    """Networks over every operator that the TFLite reader has."""
    return _case()


@st.composite
def _case(draw: Draw) -> Case:
    n = Network(draw)
    for _ in range(n.integer(1, n.choice((1, 3, MOST_STEPS)))):
        if any(np.prod(t.shape) > MOST_ELEMENTS for t in n.model.tensors):
            break
        n.choice(STEPS)(n)
    outputs = _outputs(n)
    if n.chance(10):
        n.model.tensor(*n.shape(), name=n.name())
    data = n.model.build(*outputs)
    file = tf.parse(data)
    names = [file.tensors[i].name for i in file.inputs]
    feeds = tuple(_feed(n, names) for _ in range(FEEDS))
    codes = tuple(node.code for node in n.model.nodes)
    return Case("tflite", data, codes, feeds, _text(n, outputs))


def _outputs(n: Network) -> list[int]:
    """What nobody reads, some of what is read, too; now and then a result is dropped, and its operators are dead."""
    last = [a.index for a in n.activations if a.index not in n.used]
    read = [a.index for a in n.activations if a.index in n.used]
    found = [i for i in (*n.results, *last) if not n.chance(12)]
    found += [i for i in read if n.chance(8)]
    found += found[:1] if n.chance(40) else []
    return found or [*n.results, *last][-1:] or read[-1:]


def _feed(n: Network, names: Sequence[str]) -> dict[str, Array]:
    """By the `names` that the reader gives: those in the file may be empty, or the same."""
    return {name: _values(n, n.model.tensors[i]) for name, i in zip(names, n.model.inputs, strict=True)}


def _values(n: Network, tensor: Tensor) -> Array:
    """Numbers for one input: over its whole range, at its ends, halves between two codes."""
    data = n.numbers(tensor.shape)
    if tensor.dtype == "uint8":
        return (data + 128).astype(np.uint8)
    if tensor.dtype == "int8":
        return data.astype(np.int8)
    return (data * np.float32(n.choice((0.05, 0.025, 1.0, 0.001)))).astype(np.float32)


def _text(n: Network, outputs: list[int]) -> str:
    lines = [f"codes {n.model.codes}, every field {n.model.every_field}"]
    lines += [_tensor_text(i, t) for i, t in enumerate(n.model.tensors)]
    for node in n.model.nodes:
        fields: dict[str, Any] = node.fields
        lines.append(f"{list(node.outputs)} = {node.code}{list(node.inputs)} {fields or ''}")
    return "\n".join([*lines, f"inputs {n.model.inputs}, outputs {outputs}"])


def _tensor_text(index: int, t: Tensor) -> str:
    quant = "" if not t.scale else f" scale {', '.join(f'{s:.9g}' for s in t.scale[:4])} zero {t.zero}"
    data = "" if t.data is None else f" = {t.data.reshape(-1)[:8].tolist()}{'...' if t.data.size > 8 else ''}"
    return f"{index} {t.name!r}: {t.dtype} {t.shape}{quant}{data}"
