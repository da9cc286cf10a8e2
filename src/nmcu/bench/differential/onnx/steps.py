"""Steps by which a network grows: each reads a stored value and adds an operator of one family."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from nmcu.bench.differential.onnx import layers, pairs, pools, recurrent, sequences
from nmcu.bench.differential.onnx.finish import finish
from nmcu.bench.differential.onnx.functions import function
from nmcu.bench.differential.onnx.moves import moved
from nmcu.bench.differential.onnx.network import Network
from nmcu.bench.differential.onnx.tensor import Value


@dataclass(frozen=True)
class Step:
    """`grow` adds to a network what reads a value that `fits`."""

    grow: Callable[[Network, Value], None]
    fits: Callable[[Value], bool]


def _function(net: Network, x: Value) -> None:
    finish(net, function(net, x))


def _move(net: Network, x: Value) -> None:
    made = moved(net, x)
    if made.form == "stored" and net.maybe():
        net.tensors.append(made)
    else:
        finish(net, made)


STEPS = (
    Step(_move, lambda x: True),
    Step(_function, lambda x: True),
    Step(layers.conv, lambda x: x.rank in (3, 4) and x.shape[0] == 1),
    Step(layers.conv_transpose, lambda x: x.is_map),
    Step(layers.gemm, lambda x: x.rank == 2),
    Step(layers.matmul, lambda x: x.rank > 1),
    Step(pairs.binary, lambda x: True),
    Step(pairs.quotient, lambda x: True),
    Step(pairs.squared_difference, lambda x: True),
    Step(pairs.float_constant, lambda x: x.rank > 0),
    Step(pairs.concat, lambda x: x.rank > 0),
    Step(pools.average_pool, lambda x: x.is_map),
    Step(pools.reduce, lambda x: x.rank > 0),
    Step(sequences.layer_normalization, lambda x: x.rank > 0 and x.shape[-1] > 1),
    Step(
        sequences.channel_normalization,
        lambda x: x.rank > 2 and x.shape[0] == 1 and math.prod(x.shape[2:]) > 1,
    ),
    Step(sequences.softmax, lambda x: x.rank > 0),
    Step(sequences.product, lambda x: x.rank in (2, 3) and (x.rank == 2 or x.shape[0] == 1)),
    Step(sequences.arg_max, lambda x: x.rank > 0),
    Step(
        recurrent.layer,
        lambda x: x.rank > 1 and math.prod(x.shape[:-1]) <= recurrent.STEPS and x.reach > 0,
    ),
)
